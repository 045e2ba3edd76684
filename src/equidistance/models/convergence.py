"""Whether chains of draws agree: split R-hat and the effective number of draws."""

import numpy as np

from equidistance.models.normal import Floats


def split_r_hat(draws: Floats) -> Floats:
    """Split R-hat of each quantity (Gelman et al., Bayesian Data Analysis, 3rd ed., equation 11.4).

    Each chain is cut in halves, so that a single chain that drifts shows too.

    Args:
        draws: shape (chains, draws, ...); at least four draws a chain.

    Returns:
        Shape of the quantities; NaN where all draws are equal.
    """
    halves = _halves(draws)
    count = halves.shape[1]
    within = halves.var(axis=1, ddof=1).mean(axis=0)
    between = count * halves.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: Floats = np.sqrt(((count - 1) / count * within + between / count) / within)
    return ratio


def effective_size(draws: Floats) -> Floats:
    """Effective number of draws of each quantity: Geyer's initial monotone sequence over split chains.

    Args:
        draws: shape (chains, draws, quantities).

    Source: Gelman et al., Bayesian Data Analysis, 3rd ed., section 11.5; Geyer (1992).
    """
    halves = _halves(draws)
    chains, count, quantities = halves.shape
    centred = halves - halves.mean(axis=1, keepdims=True)
    length = 1 << (2 * count - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, length, axis=1)) ** 2
    covariance = np.fft.irfft(spectrum, length, axis=1)[:, :count] / count
    within = halves.var(axis=1, ddof=1).mean(axis=0)
    between = count * halves.mean(axis=1).var(axis=0, ddof=1)
    total = (count - 1) / count * within + between / count
    found = np.full(quantities, np.nan)
    for number in range(quantities):
        if total[number] <= 0:
            continue
        correlation = 1 - (within[number] - covariance[:, :, number].mean(axis=0)) / total[number]
        pairs = correlation[: count // 2 * 2].reshape(-1, 2).sum(axis=1)
        positive = np.argmax(pairs < 0) if (pairs < 0).any() else len(pairs)
        steady = np.minimum.accumulate(pairs[: max(int(positive), 1)])
        found[number] = chains * count / max(2 * steady.sum() - 1, 1 / np.log10(chains * count + 10))
    return found


def _halves(draws: Floats) -> Floats:
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, half : 2 * half]])
