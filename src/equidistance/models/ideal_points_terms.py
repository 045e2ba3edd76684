"""Log likelihoods of ordinal probit votes with their derivatives, inside compiled loops.

A vote is read off z = beta * theta + Normal(0, 1): yes below ``low``, no above ``high``, abstention between.
"""

import math

from equidistance.models.normal import cdf, inlined, mills, pdf
from equidistance.models.vote_scores import NO, YES

TINY = 1e-12
"""Least probability of an abstention: nearer cutpoints would divide by nothing."""
LOG_NOW = 1e-200
"""Products of probabilities are kept below this many votes' worth: one logarithm for many votes."""


@inlined
def vote_terms(vote, u, low, high):  # type: ignore[no-untyped-def]
    """Of one vote at u = beta * theta: its probability, d log / du, and -d^2 log / du^2."""
    if vote == YES:
        e = low - u
        m = mills(e)
        return cdf(e), -m, m * (m + e)
    if vote == NO:
        e = u - high
        m = mills(e)
        return cdf(e), m, m * (m + e)
    e1, e2 = low - u, high - u
    p = max(cdf(e2) - cdf(e1), TINY)
    m1, m2 = pdf(e1) / p, pdf(e2) / p
    return p, m1 - m2, (m2 - m1) * (m2 - m1) + m2 * e2 - m1 * e1


@inlined
def position_terms(begin, end, vote, item, beta, low, high, theta):  # type: ignore[no-untyped-def]
    """Of the votes begin..end-1 of one position: log likelihood, its slope and its curvature (positive) in theta."""
    ll = slope = bend = 0.0
    product = 1.0
    for k in range(begin, end):
        j = item[k]
        b = beta[j]
        p, g, w = vote_terms(vote[k], b * theta, low[j], high[j])
        product *= p
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
            product *= cdf(e)
            g1 += m
            gb -= m * t
            h11 += w
            hb1 -= w * t
        elif vote[k] == NO:
            e = u - c2
            m = mills(e)
            w = m * (m + e)
            product *= cdf(e)
            g2 -= m
            gb += m * t
            h22 += w
            hb2 -= w * t
        else:
            e1, e2 = c1 - u, c2 - u
            p = max(cdf(e2) - cdf(e1), TINY)
            m1, m2 = pdf(e1) / p, pdf(e2) / p
            w11, w22, w12 = m1 * (m1 - e1), m2 * (m2 + e2), -m1 * m2
            w = w11 + w22 + 2 * w12
            product *= p
            g1 -= m1
            g2 += m2
            gb -= (m2 - m1) * t
            h11 += w11
            h22 += w22
            h12 += w12
            hb1 -= (w11 + w12) * t
            hb2 -= (w22 + w12) * t
        hbb += w * t * t
        ridge += w * variance[i]
        if product < LOG_NOW:
            ll += math.log(max(product, 1e-300))
            product = 1.0
    out[0] = ll + math.log(max(product, 1e-300))
    out[1], out[2], out[3] = gb, g1, g2
    out[4], out[5], out[6] = hbb, h11, h22
    out[7], out[8], out[9], out[10] = hb1, hb2, h12, ridge
