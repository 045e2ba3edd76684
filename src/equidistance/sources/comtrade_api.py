"""Downloading from UN Comtrade: one result table per reporter and period, with the user's own key."""

import csv
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from equidistance.errors import FetchError, InvalidRequest
from equidistance.ground.blocs import Bloc, resolve_power
from equidistance.ground.states import resolve
from equidistance.ground.time import month_range, parse_month
from equidistance.sources.trade_comtrade import code_of
from equidistance.writing import whole

KEY = "COMTRADE_API_KEY"
ADDRESS = "https://comtradeapi.un.org/data/v1/get/C"
MOST_RECORDS = 250_000
"""Comtrade sends no more at once: as many means that something is missing."""
_ATTEMPTS = 4
_WAIT_SECONDS = 2.0
_TIMEOUT_SECONDS = 120.0

Progress = Callable[[str, int, int], None]


def download(
    reporters: str,
    periods: str,
    directory: Path,
    *,
    partners: str | None = None,
    flow: str = "X",
    products: Sequence[str] | None = None,
    progress: Progress | None = None,
    address: str = ADDRESS,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Path]:
    """Fetch trade by six-digit product, all second partners, modes and customs procedures together.

    A file that is there already is not asked for again.

    Args:
        reporters: states or blocs, comma-separated.
        periods: months (2021-01) or years (2021), comma-separated, or a span 2021-01:2023-12.
        directory: where the tables go; made if missing.
        partners: states, comma-separated; by default all.
        flow: X exports, M imports, RX re-exports.
        products: six-digit codes; by default all.
        progress: called with what is being fetched.
        address: of the service.
        sleep: how to wait between attempts (seconds).

    Returns:
        The files, ``comtrade_KAZ_X_202201.csv`` and so on.

    Raises:
        FetchError: no key in the environment, offline, refused, or more records than the service sends.
        InvalidRequest: periods that are none, or years and months mixed.
    """
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise FetchError(
            f"Comtrade wants a key, and the environment variable {KEY} is empty.",
            hint="Get one (free) at https://comtradedeveloper.un.org, then: export COMTRADE_API_KEY=...",
        )
    wanted = spans(periods)
    states = _states(reporters)
    others = ",".join(str(code_of(resolve(name).code)) for name in partners.split(",")) if partners else ""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for number, (state, period) in enumerate((s, p) for s in states for p in wanted):
        if progress:
            progress(f"fetching {state} {period}", number, len(states) * len(wanted))
        target = directory / f"comtrade_{state}_{flow}_{period}.csv"
        if not target.exists():
            query = {
                "reporterCode": str(code_of(state)),
                "period": period,
                "flowCode": flow,
                "cmdCode": ",".join(products) if products else "AG6",
                "partner2Code": "0",
                "customsCode": "C00",
                "motCode": "0",
                "includeDesc": "false",
                "maxRecords": str(MOST_RECORDS),
            }
            if others:
                query["partnerCode"] = others
            frequency = "M" if len(period) == 6 else "A"
            _write(target, _ask(f"{address}/{frequency}/HS", query, key, sleep))
        files.append(target)
    return files


def spans(text: str) -> list[str]:
    """Periods as Comtrade writes them: ``202201`` or ``2022``.

    Raises:
        InvalidRequest: not months or years, or both.
    """
    found: list[str] = []
    for part in (one.strip() for one in text.split(",")):
        first, _, last = part.partition(":")
        yearly = len(first) == 4
        if last and (len(last) == 4) != yearly:
            raise InvalidRequest(
                f"{part!r} mixes a year and a month.", choices=("2021:2023", "2021-01:2023-12")
            )
        start, end = parse_month(first), parse_month(last or first, last=yearly)
        months = month_range(start, end)
        found += (
            [f"{month:%Y}" for month in months if month.month == 1]
            if yearly
            else [f"{month:%Y%m}" for month in months]
        )
    if len({len(period) for period in found}) != 1:
        raise InvalidRequest(
            "Years and months cannot be asked for together.", choices=("2021,2022", "2021-01:2022-12")
        )
    return list(dict.fromkeys(found))


def _states(names: str) -> list[str]:
    codes: list[str] = []
    for name in (part.strip() for part in names.split(",")):
        actor = resolve_power(name)
        if isinstance(actor, Bloc):
            codes += sorted({spell.state for spell in actor.spells if spell.end is None})
        else:
            codes.append(actor.code)
    return list(dict.fromkeys(codes))


def _ask(
    address: str, query: dict[str, str], key: str, sleep: Callable[[float], None]
) -> list[dict[str, Any]]:
    import httpx

    # The key goes into a header, never into an address that a log or an error message could show.
    headers = {"Ocp-Apim-Subscription-Key": key, "User-Agent": "equidistance"}
    reason = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            sleep(_WAIT_SECONDS * 2**attempt)
        try:
            answer = httpx.get(address, params=query, headers=headers, timeout=_TIMEOUT_SECONDS)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            continue
        if answer.status_code in (401, 403):
            raise FetchError(
                f"Comtrade refuses the key in {KEY} ({answer.status_code}).", hint="Check the key."
            )
        if answer.status_code == 429 or answer.status_code >= 500:
            reason = f"it answers {answer.status_code}"
            continue
        if answer.status_code != 200:
            raise FetchError(
                f"Comtrade answers {answer.status_code} to {query['reporterCode']} {query['period']}."
            )
        try:
            records = answer.json()["data"]
        except (ValueError, KeyError, TypeError):
            raise FetchError(
                "Comtrade sent something that is no result table.", hint="Try again later."
            ) from None
        if len(records) >= MOST_RECORDS:
            raise FetchError(
                f"Comtrade has more than {MOST_RECORDS:,} records for {query['reporterCode']} {query['period']} and "
                "sends no more at once.",
                hint="Name --partners, or a --list.",
            )
        return list(records)
    raise FetchError(
        f"Cannot reach Comtrade: {reason}.", hint="If you have the files: equidistance ingest trade_comtrade"
    )


_COLUMNS = (
    *("typeCode", "freqCode", "refYear", "refMonth", "period", "reporterCode", "flowCode", "partnerCode"),
    *("partner2Code", "classificationCode", "cmdCode", "aggrLevel", "customsCode", "mosCode", "motCode"),
    *("qtyUnitCode", "qty", "netWgt", "isNetWgtEstimated", "cifvalue", "fobvalue", "primaryValue"),
    *("isReported", "isAggregate"),
)


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    with whole(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, extrasaction="ignore", restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {name: "" if value is None else value for name, value in record.items()} for record in records
        )
