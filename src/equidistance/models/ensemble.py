"""The posterior of a few dyads as a mixture of normal ones: over the shared parameters and over the weights.

A *member* is one draw of the shared parameters and, for each dyad, one draw of the scale-mixture weights. Given one
the smoother is linear and everything is exact; the posterior is the equally weighted mixture of all members. So its
mean still splits exactly into what each observation contributed (:func:`loads`), and its variance is the mean variance
of the members plus the variance of their means.

Sizes as in :mod:`equidistance.models.kalman`, and B members a dyad in each of the kept sweeps; the series of a batch
stand dyad by dyad, B for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equidistance.models import mixture
from equidistance.models.alignment import (
    ARRAYS,
    Observations,
    Parameters,
    Posterior,
    Weights,
    centred,
    noise_variance,
    observed_slots,
    prior_mean,
    with_arrays,
)
from equidistance.models.kalman import (
    Dynamics,
    Floats,
    Integers,
    Layout,
    accumulated,
    across_series,
    backward,
    forward,
    innovations,
    state_means,
)
from equidistance.models.sampling import Streams, readings, simulate_prior

MEMBERS = 32
"""Chains a dyad, and so members in each kept sweep."""

BURN, KEEP = 3, 1
"""Gibbs sweeps of each chain before, and with, members that are kept."""


@dataclass(frozen=True)
class Ensemble:
    """Members of the posterior of some dyads.

    Attributes:
        parameters: the shared parameters of each of the B members, arrays with a last axis (B).
        weights: one for each kept sweep, of P * B series.
    """

    parameters: Parameters
    weights: tuple[Weights, ...]

    @property
    def members(self) -> int:
        """B."""
        return int(self.parameters.intercept.shape[1])

    def dyad(self, observations: Observations, p: int) -> "Ensemble":
        """The members of one of the dyads that were observed together, at its own slots."""
        block = slice(p * self.members, (p + 1) * self.members)
        when = observed_slots(observations)
        rows = np.isfinite(observations.value[when[:, 1], when[:, 0], p])
        parts = (
            Weights(one.innovation[:, block], one.own[rows, block], one.noise[rows, block])
            for one in self.weights
        )
        return Ensemble(self.parameters, tuple(parts))


@dataclass(frozen=True)
class Batch:
    """Some members of every dyad as series of their own, dyad by dyad: what a smoother takes.

    Attributes:
        observations: (K, T, P * B).
        parameters: arrays with a last axis (P * B).
        weights: of P * B series.
        members: B.
    """

    observations: Observations
    parameters: Parameters
    weights: Weights
    members: int


def batched(observations: Observations, ensemble: Ensemble, members: int) -> Batch:
    """A batch of as many members, spread over the ensemble's last kept sweep.

    Args:
        observations: of P dyads, those of the ensemble.
        ensemble: its members.
        members: at most as many as it has.
    """
    dyads, every = observations.value.shape[2], ensemble.members
    chosen = np.arange(members) * every // members
    some = with_arrays(
        ensemble.parameters, {name: getattr(ensemble.parameters, name)[..., chosen] for name in ARRAYS}
    )
    columns = (np.arange(dyads)[:, None] * every + chosen).ravel()
    last = ensemble.weights[-1]
    weights = Weights(last.innovation[:, columns], last.own[:, columns], last.noise[:, columns])
    return Batch(widened(observations, members), repeat(some, dyads), weights, members)


def mixed(posterior: Posterior, members: int) -> Posterior:
    """The mixture of a batch's members: mean of the means; mean of the covariances plus covariance of the means.

    Args:
        posterior: of P * B series.
        members: B.

    Returns:
        Of P dyads.
    """
    mean = posterior.mean[:, :, 0].reshape(*posterior.mean.shape[:2], -1, members)
    covariance = posterior.covariance.reshape(*posterior.covariance.shape[:3], -1, members)
    centre = mean.mean(axis=-1)
    off = mean - centre[..., None]
    between = np.einsum("tcpb,tdpb->tcdp", off, off) / members
    return Posterior(centre[:, :, None, :], covariance.mean(axis=-1) + between)


def stack(members: Sequence[Parameters]) -> Parameters:
    """Parameters whose arrays have a last axis over the members."""
    arrays = {name: np.stack([getattr(one, name) for one in members], axis=-1) for name in ARRAYS}
    return with_arrays(members[0], arrays)


def unstack(parameters: Parameters) -> list[Parameters]:
    """The members' parameters one by one: what :func:`stack` put together."""
    count = int(parameters.intercept.shape[-1])
    return [
        with_arrays(parameters, {name: getattr(parameters, name)[..., b] for name in ARRAYS})
        for b in range(count)
    ]


def repeat(parameters: Parameters, times: int) -> Parameters:
    """The members' parameters for several dyads that stand one after the other."""
    return with_arrays(
        parameters, {name: np.concatenate([getattr(parameters, name)] * times, -1) for name in ARRAYS}
    )


def sample(
    layout: Layout,
    observations: Observations,
    members: Sequence[Parameters],
    seeds: Sequence[int],
    *,
    burn: int = BURN,
    keep: int = KEEP,
) -> Ensemble:
    """Draw members of the posterior.

    Args:
        layout: what each indicator sees.
        observations: of P dyads.
        members: B draws of the shared parameters, one for each chain.
        seeds: one for each dyad: its members depend on its own evidence and seed alone.
        burn: sweeps before the first kept one.
        keep: sweeps kept.
    """
    dyads = observations.value.shape[2]
    parameters = stack(members)
    wide, batch = repeat(parameters, dyads), widened(observations, len(members))
    streams = _streams(batch, seeds, 0)
    weights = mixture.start(layout, observations, batch, members[0], wide, streams)
    kept = []
    for i in range(burn + keep):
        weights = mixture.sweep(layout, batch, wide, weights, streams)
        if i >= burn:
            kept.append(weights)
    return Ensemble(parameters, tuple(kept))


@dataclass(frozen=True)
class Drawn:
    """Joint draws of each dyad's disturbances and path.

    Attributes:
        path: (draws, T, P, C) alignment.
        step: (T, C, draws, P) its monthly innovations; month 0 holds 0.
        own: (S, draws, P) at a dyad's readings, in the order of :func:`observed_slots`: what the own component gathered
            since the previous one, on the indicator's scale; 0 elsewhere.
    """

    path: Floats
    step: Floats
    own: Floats


def posterior(
    layout: Layout, observations: Observations, ensemble: Ensemble, number: int, seeds: Sequence[int]
) -> tuple[Posterior, Drawn]:
    """Mean and covariance of the mixture, and draws from it.

    Args:
        layout: what each indicator sees.
        observations: of P dyads, those of :func:`sample`.
        ensemble: its members.
        number: draws wanted; the members take turns.
        seeds: one for each dyad.
    """
    dyads, members = observations.value.shape[2], ensemble.members
    batch, wide = widened(observations, members), repeat(ensemble.parameters, dyads)
    when = observed_slots(batch)
    width = -(-number // (members * len(ensemble.weights)))
    streams = _streams(batch, seeds, 1)
    data = centred(layout, batch, wide, when)[:, None, :]
    periods, read = batch.value.shape[1], readings(batch, when)
    walked = across_series(wide.wander, 1)[when[:, 1]] * read.months
    level = np.where(read.later, 0.0, across_series(wide.effect, 1)[when[:, 1]])
    means, covariances, paths, steps, owns = [], [], [], [], []
    for weights in ensemble.weights:
        fake = simulate_prior(layout, batch, wide, when, width, streams, weights)
        variance, dynamics = noise_variance(batch, wide, when, weights), wide.weighted(weights)
        columns = np.concatenate([data, data - fake.data], axis=1)
        filtered = forward(layout, dynamics, when, columns, variance, periods=periods, keep_covariance=True)
        back = backward(layout, dynamics, when, filtered, periods=periods)
        assert back.covariance is not None  # the filter was asked to keep covariances
        means.append(state_means(back.score[:, :, :1], dynamics)[:, :, 0] + prior_mean(wide)[:, :, 0])
        covariances.append(back.covariance)
        eta = fake.innovation + innovations(back.score[:, :, 1:], dynamics)
        paths.append(accumulated(eta.copy()) + prior_mean(wide))
        eta[0] = 0.0
        steps.append(eta)
        step_variance = np.where(read.seen, walked / weights.own + level, 0.0)
        owns.append(fake.own + step_variance[:, None] * back.own_score[:, 1:])
    mean, covariance = np.stack(means), np.stack(covariances)
    mean = mean.reshape(*mean.shape[:-1], dyads, members)
    covariance = covariance.reshape(*covariance.shape[:-1], dyads, members)
    centre = mean.mean(axis=(0, -1))
    off = mean - centre[None, ..., None]
    between = np.einsum("rtcpb,rtdpb->tcdp", off, off) / (off.shape[0] * members)
    return (
        Posterior(centre[:, :, None, :], covariance.mean(axis=(0, -1)) + between),
        Drawn(
            _by_dyad(paths, dyads, members)[:, :, :number].transpose(2, 0, 3, 1),
            _by_dyad(steps, dyads, members)[:, :, :number],
            _by_dyad(owns, dyads, members)[:, :number],
        ),
    )


def loads(
    layout: Layout, observations: Observations, ensemble: Ensemble, functional: Floats
) -> tuple[Floats, float]:
    """Split the posterior mean of a linear function of one dyad's path exactly into what each observation contributed.

    The smoother's answer to the function ``f`` is ``Cov(f, y) Var(y)^-1 (y - E y)``: ``Var(y)^-1 Cov(y, f)``
    are the smoothing errors of the "data" ``Cov(y, f)``, so that one pass gives the contribution of every observation.

    Args:
        layout: what each indicator sees.
        observations: of one dyad.
        ensemble: its members.
        functional: (T, C) what the function takes of the alignment of each month.

    Returns:
        (S,) contributions in the order of :func:`observed_slots`, and what the prior means contribute.
    """
    batch, wide = widened(observations, ensemble.members), ensemble.parameters
    when = observed_slots(batch)
    data = centred(layout, batch, wide, when)
    periods = batch.value.shape[1]
    total = np.zeros(len(when))
    for weights in ensemble.weights:
        dynamics = wide.weighted(weights)
        columns = _covariance_with(layout, wide, dynamics, when, functional)[:, None, :]
        variance = noise_variance(batch, wide, when, weights)
        columns = np.where(np.isfinite(variance)[:, None, :], columns, 0.0)
        filtered = forward(layout, dynamics, when, columns, variance, periods=periods)
        errors = backward(layout, dynamics, when, filtered, periods=periods).residual[:, 0]
        total += (errors * data).mean(axis=1)
    prior = np.einsum("tc,cb->b", functional, wide.mean).mean()
    return total / len(ensemble.weights), float(prior)


def _covariance_with(
    layout: Layout, parameters: Parameters, dynamics: Dynamics, when: Integers, functional: Floats
) -> Floats:
    """(S, B) prior covariance of each observation with a function of the path.

    With ``V_u`` what enters the walk at month u, Cov(x_s, f) is the sum over u <= s of ``V_u`` times what f takes of
    the months from u on.
    """
    later = np.cumsum(functional[::-1], axis=0)[::-1]  # (T, C)
    periods = len(functional)
    steps = np.stack(
        [np.einsum("cdb,d->cb", dynamics.covariance_of(t), later[t]) for t in range(periods)]
    )  # (T, C, B)
    with_state = np.cumsum(steps, axis=0)
    sums = np.concatenate([np.zeros_like(with_state[:1]), np.cumsum(with_state, axis=0)])
    out = np.empty((len(when), parameters.loading.shape[1]))
    for s, (t, k) in enumerate(when):
        channel, span = layout.channel[k], layout.span[k]
        out[s] = parameters.loading[k] * (sums[t + 1, channel] - sums[t + 1 - span, channel]) / span
    return out


def widened(observations: Observations, members: int) -> Observations:
    """Each dyad once for each of its members."""
    return observations.select(np.repeat(np.arange(observations.value.shape[2]), members))


def _streams(batch: Observations, seeds: Sequence[int], part: int) -> Streams:
    when = observed_slots(batch)
    seen = np.isfinite(batch.value[when[:, 1], when[:, 0]])
    return Streams([np.random.default_rng([seed, part]) for seed in seeds], seen)


def _by_dyad(parts: Sequence[Floats], dyads: int, members: int) -> Floats:
    """Kept sweeps of (..., D, P * B) as (..., draws, P)."""
    split = [part.reshape(*part.shape[:-1], dyads, members).swapaxes(-1, -2) for part in parts]
    whole = np.stack(split, axis=-4)  # (..., kept, D, B, P)
    *outer, kept, width, _, _ = whole.shape
    return whole.reshape(*outer, kept * width * members, dyads)
