"""Log likelihoods of ordinal probit votes with their derivatives, inside compiled loops.

A vote is read off z = beta * theta + Normal(0, 1): yes below ``low``, no above ``high``, abstention between.

A vote's probability is p * exp(far). ``far`` is 0 for almost all votes; it takes over where p would lose its digits: a
vote eight standard deviations off must still pull at its voter, and one that a floor made flat would hold a second
account of the voter's position.
"""

import math

from equidistance.models.compiling import compiled, inlined
from equidistance.models.normal import cdf, mills, pdf
from equidistance.models.vote_scores import NO, YES

LOG_NOW = 1e-200
"""Products of probabilities are kept below this many votes' worth: one logarithm for many votes."""


_FAR = -8.0  # below, log cdf comes from its asymptotic series: error 1e-6
_THIN = 1e-7  # abstentions less likely than this are worked out on the logarithms' scale
_LOG_ROOT = 0.5 * math.log(2 * math.pi)


@compiled
def log_cdf(x: float) -> float:
    """Logarithm of P(Z <= x), Z ~ Normal(0, 1), to 1e-6 however far out."""
    if x > _FAR:
        return math.log(cdf(x))
    r = 1.0 / (x * x)
    return -0.5 * x * x - math.log(-x) - _LOG_ROOT + math.log1p(-r * (1.0 - 3.0 * r * (1.0 - 5.0 * r)))


@compiled
def _thin(low, high):  # type: ignore[no-untyped-def]
    """Logarithm of P(low < Z < high) in a tail, and the densities at both ends divided by the probability."""
    a, b = (low, high) if low + high < 0.0 else (-high, -low)
    top = log_cdf(b)
    ratio = math.exp(log_cdf(a) - top)
    rest = max(1.0 - ratio, 1e-12)
    inner, outer = mills(b) / rest, mills(a) * ratio / rest
    value = top + math.log(rest)
    return (value, outer, inner) if low + high < 0.0 else (value, inner, outer)


@inlined
def tail(e):  # type: ignore[no-untyped-def]
    """P(Z <= e) as p * exp(far): p, far."""
    if e > _FAR:
        return cdf(e), 0.0
    return 1.0, log_cdf(e)


@inlined
def between(e1, e2):  # type: ignore[no-untyped-def]
    """P(e1 < Z < e2) as p * exp(far), and the densities at both ends divided by it: p, far, m1, m2."""
    p = cdf(e2) - cdf(e1)
    if p > _THIN:
        return p, 0.0, pdf(e1) / p, pdf(e2) / p
    far, m1, m2 = _thin(e1, e2)
    return 1.0, far, m1, m2


@inlined
def vote_terms(vote, u, low, high):  # type: ignore[no-untyped-def]
    """Of one vote at u = beta * theta: its probability p * exp(far), d log / du, and -d^2 log / du^2."""
    if vote == YES:
        e = low - u
        m = mills(e)
        p, far = tail(e)
        return p, far, -m, m * (m + e)
    if vote == NO:
        e = u - high
        m = mills(e)
        p, far = tail(e)
        return p, far, m, m * (m + e)
    e1, e2 = low - u, high - u
    p, far, m1, m2 = between(e1, e2)
    return p, far, m1 - m2, (m2 - m1) * (m2 - m1) + m2 * e2 - m1 * e1


@inlined
def position_terms(begin, end, vote, item, beta, low, high, theta):  # type: ignore[no-untyped-def]
    """Of the votes begin..end-1 of one position: log likelihood, its slope and its curvature (positive) in theta."""
    ll = slope = bend = 0.0
    product = 1.0
    for k in range(begin, end):
        j = item[k]
        b = beta[j]
        p, far, g, w = vote_terms(vote[k], b * theta, low[j], high[j])
        product *= p
        ll += far
        slope += b * g
        bend += b * b * w
        if product < LOG_NOW:
            ll += math.log(max(product, 1e-300))
            product = 1.0
    return ll + math.log(max(product, 1e-300)), slope, max(bend, 0.0)


@inlined
def item_terms(begin, end, vote, position, theta, variance, b, c1, c2, out):  # type: ignore[no-untyped-def]
    """Of the votes begin..end-1 of one item, as functions of (beta, low, high); theta is known up to ``variance``.

    ``out`` becomes: log likelihood; its gradient (3); its curvature bb, 11, 22, b1, b2, 12 (the negative Hessian); and
    the sum of curvature in u times variance, the ridge on beta that not knowing theta amounts to.
    """
    ll = gb = g1 = g2 = hbb = h11 = h22 = hb1 = hb2 = h12 = ridge = 0.0
    product = 1.0
    for k in range(begin, end):
        i = position[k]
        t = theta[i]
        u = b * t
        if vote[k] == YES:
            e = c1 - u
            m = mills(e)
            w = m * (m + e)
            p, far = tail(e)
            g1 += m
            gb -= m * t
            h11 += w
            hb1 -= w * t
        elif vote[k] == NO:
            e = u - c2
            m = mills(e)
            w = m * (m + e)
            p, far = tail(e)
            g2 -= m
            gb += m * t
            h22 += w
            hb2 -= w * t
        else:
            e1, e2 = c1 - u, c2 - u
            p, far, m1, m2 = between(e1, e2)
            w11, w22, w12 = m1 * (m1 - e1), m2 * (m2 + e2), -m1 * m2
            w = w11 + w22 + 2 * w12
            g1 -= m1
            g2 += m2
            gb -= (m2 - m1) * t
            h11 += w11
            h22 += w22
            h12 += w12
            hb1 -= (w11 + w12) * t
            hb2 -= (w22 + w12) * t
        product *= p
        ll += far
        hbb += w * t * t
        ridge += w * variance[i]
        if product < LOG_NOW:
            ll += math.log(max(product, 1e-300))
            product = 1.0
    out[0] = ll + math.log(max(product, 1e-300))
    out[1], out[2], out[3] = gb, g1, g2
    out[4], out[5], out[6] = hbb, h11, h22
    out[7], out[8], out[9], out[10] = hb1, hb2, h12, ridge
