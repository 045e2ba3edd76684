// Replaces each still picture by its interactive chart, fitted to the width at hand, and offers the CSV downloads.
(() => {
  "use strict";
  const SPACING = 22, AXIS = 29;

  function fitted(spec, width, least, excess) {
    const chart = structuredClone(spec);
    chart.config.legend.columns = width < 420 ? 2 : width < 760 ? 3 : 0;
    if (chart.facet) {
      const panels = Math.max(1, Math.min(spec.columns, Math.floor((width + SPACING) / (least + AXIS + SPACING))));
      const room = width - 8 - panels * AXIS - (panels - 1) * SPACING - excess;
      chart.columns = panels;
      chart.spec.width = Math.max(120, Math.floor(room / panels));
    } else {
      chart.width = "container";
      chart.autosize = { type: "fit-x", contains: "padding" };
      for (const layer of chart.layer) if (layer.mark.limit) layer.mark.limit = width - 10;
      if (width < 480) chart.layer.forEach((layer) => {
        const axis = layer.encoding.x && layer.encoding.x.axis;
        if (axis && axis.tickCount > 4) axis.tickCount = 4;
      });
    }
    return chart;
  }

  async function draw(figure, spec) {
    const box = figure.querySelector(".stage");
    const least = Number(figure.dataset.least);
    const options = {
      renderer: "svg", actions: false, ast: true, logLevel: 1, defaultStyle: false,
      tooltip: { disableDefaultStyle: true, offsetX: 14, offsetY: 14 },
    };
    const width = box.clientWidth;
    const stage = document.createElement("div");
    box.style.minHeight = box.clientHeight + "px";
    box.replaceChildren(stage);
    let result = await vegaEmbed(stage, fitted(spec, width, least, 0), options);
    const excess = stage.querySelector("svg").getBoundingClientRect().width - width;
    const drawn = stage.querySelector("svg").width.baseVal.value - width;
    if (spec.facet && Math.max(excess, drawn) > 0) {
      result.finalize();
      result = await vegaEmbed(stage, fitted(spec, width, least, Math.ceil(Math.max(excess, drawn)) + 1), options);
    }
    box.style.minHeight = "";
    figure.dataset.drawn = String(Math.round(width));
    return result;
  }

  function follow(figure) {
    const spec = JSON.parse(figure.querySelector(".spec").textContent);
    const box = figure.querySelector(".stage");
    const still = [...box.childNodes];
    let current = null, timer = 0, busy = false, width = 0;
    async function redraw() {
      if (busy || Math.abs(box.clientWidth - width) < 4) return;
      busy = true;
      width = box.clientWidth;
      try {
        if (current) current.finalize();
        current = await draw(figure, spec);
      } catch (error) {
        console.error(error);
        box.replaceChildren(...still); // the still picture says the same
      }
      busy = false;
      if (Math.abs(box.clientWidth - width) >= 4) redraw();
    }
    new ResizeObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(redraw, 150);
    }).observe(box);
    redraw();
  }

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) {
      seen.unobserve(entry.target);
      follow(entry.target);
    }
  }, { rootMargin: "800px" });
  document.querySelectorAll("figure[data-figure]").forEach((figure) => seen.observe(figure));

  async function download(button) {
    const packed = document.getElementById("csv-" + button.dataset.download).textContent;
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const file = new Blob([await new Response(plain).arrayBuffer()], { type: "text/csv;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = button.dataset.filename;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  if ("DecompressionStream" in window) {
    document.querySelectorAll("button[data-download]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => download(button));
    });
  }
})();
