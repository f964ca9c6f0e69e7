"""What a step minimises, and the weight of negatives that validations steer."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

RAISE = 2.0
"""Factor by which the weight grows when a validation has too many false accepts."""
EASE = 0.9
"""Factor by which it shrinks when a validation has few enough."""
RAMP = 0.25
"""Share of all steps over which the weight grows from 1 to where it is steered."""


def detection_loss(
    opinions: Tensor,
    positives: int,
    looks: int,
    *,
    negative_weight: float,
    smoothing: float = 0.0,
    focal: float = 0.0,
) -> Tensor:
    """Weighted binary cross-entropy of a batch's ``opinions [members, positives · looks +
    negatives]``, each member's own, averaged.

    Of each positive's ``looks`` the highest counts: it has to be heard once, wherever (multiple
    instance learning with maximum pooling). Labels are ``smoothing`` away from 0 and 1. With
    ``focal`` > 0 an example counts ``(1 - p)^focal`` of itself, p being the probability given to
    its class (Lin et al. 2017, arXiv:1708.02002). Negatives weigh ``negative_weight`` as much as
    positives; the sum is divided by the sum of these weights, so that the size of the gradient
    does not jump with them.
    """
    heard = opinions[:, : positives * looks].view(len(opinions), positives, looks).amax(2)
    logits = torch.cat([heard, opinions[:, positives * looks :]], 1)
    labels = torch.zeros_like(logits)
    labels[:, :positives] = 1
    weights = torch.full_like(logits, negative_weight)
    weights[:, :positives] = 1
    total = weights.sum()
    if focal:
        given = torch.sigmoid(torch.where(labels > 0, logits, -logits)).detach()
        weights = weights * (1 - given) ** focal
    targets = labels * (1 - 2 * smoothing) + smoothing
    losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (weights * losses).sum() / total


def steered(weight: float, rate: float, target: float, limit: float) -> float:
    """The weight of negatives after a validation with ``rate`` false accepts per hour: doubled up
    to ``limit`` above the target, eased down to 1 otherwise (to ``limit`` where that is less)."""
    return min(limit, weight * RAISE if rate > target else max(1.0, weight * EASE))


def ramped(weight: float, step: int, steps: int) -> float:
    """The weight to use at ``step``: early on only part of what it is steered to."""
    return 1 + (weight - 1) * min(1.0, step / (RAMP * steps))


def learning_rate(step: int, steps: int, peak: float, warm: float = 0.1) -> float:
    """One cycle: linear to ``peak`` over the first ``warm`` share of steps (1 is the first), then
    half a cosine to zero at the last."""
    rising = max(1, round(warm * steps))
    if step <= rising:
        return peak * step / rising
    falling = (step - rising) / max(1, steps - rising)
    return peak * 0.5 * (1 + math.cos(math.pi * falling))


def dense_loss(
    logits: Tensor,
    truth: Tensor,
    penalty: Tensor,
    taught: Tensor,
    *,
    positive_weight: float,
    negative_weight: float,
    distillation: float,
    temperature: float = 1.0,
    untold: float = 0.0,
    choice: float = 0.0,
) -> Tensor:
    """Weighted binary cross-entropy of ``logits [rows, positions]`` where ``truth`` is 0 or 1.

    Where the teacher's logit ``taught`` is not NaN, its opinion makes up a share of
    ``distillation``: the cross-entropy of both logits divided by ``temperature``, times it, so that
    its gradient keeps its size (Hinton, Vinyals and Dean 2015, arXiv:1503.02531, has the square,
    for softer targets). An example weighs the weight of its class times its ``penalty``; where
    ``truth`` is unknown and the teacher has an opinion, ``untold`` times its penalty. With
    ``choice`` > 0 the windows of a saying are weighed by ``saying_weights``. The sum is divided by
    that of the weights.
    """
    labels = truth.clamp(min=0).to(logits.dtype)
    known = ~taught.isnan()
    soft = torch.sigmoid(taught.nan_to_num() / temperature)
    told = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    heard = F.binary_cross_entropy_with_logits(logits / temperature, soft, reduction="none")
    losses = torch.where(known, torch.lerp(told, heard * temperature, distillation), told)
    weights = torch.where(truth > 0, positive_weight, negative_weight) * penalty * (truth >= 0)
    if choice:
        weights = weights * saying_weights(logits, truth, choice)
    if untold:
        # No share of a label that nobody knows.
        unsure = (truth < 0) & known
        losses = torch.where(unsure, heard * temperature, losses)
        weights = torch.where(unsure, untold * penalty, weights)
    return (weights * losses).sum() / weights.sum()


def saying_weights(logits: Tensor, truth: Tensor, temperature: float) -> Tensor:
    """What each window counts ``[rows, positions]``: 1, but of windows in a row that are the phrase
    those count most that are scored highest, by the softmax of their ``logits`` divided by
    ``temperature``; they count 1 on average.

    Such a row of windows is one saying, which has to be heard once, wherever: multiple instance
    learning (Dietterich et al. 1997) with a pooling between the mean, of a high temperature, and
    the maximum. Where a teacher denies the best windows, it is these that learn to be lower. No
    gradient passes through the choice.
    """
    said = truth > 0
    begins = said.clone()
    begins[:, 1:] &= ~said[:, :-1]
    # Sayings are numbered from 1 on; all that is not the phrase is number 0.
    number = begins.flatten().cumsum(0) * said.flatten()
    size = int(number.max()) + 1
    scaled = logits.detach().flatten() / temperature
    highest = scaled.new_zeros(size).scatter_reduce(0, number, scaled, "amax", include_self=False)
    parts = torch.exp(scaled - highest[number])
    sums = scaled.new_zeros(size).index_add(0, number, parts)
    weights = parts / sums[number] * number.bincount(minlength=size)[number]
    return torch.where(said, weights.view_as(logits), 1.0)
