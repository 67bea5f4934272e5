"""Points of a step: identities of guidance, and how far apart drawn points lie."""

import math

import pytest
import torch

from gendiff.studies.guidance.steps import GuidedStep, Stop, angle, clearance, legible

STEP = GuidedStep(
    x=torch.tensor([[2.0, 0.0]]),
    free=torch.tensor([[0.0, 0.0]]),
    given=torch.tensor([[0.0, 1.0]]),
    pull=torch.tensor([[0.0, 1.0]]),
    chance=torch.tensor([[1.0, 1.0]]),
    now=1.0,
    then=0.5,
)


def test_guidance_extrapolates_the_two_predictions() -> None:
    torch.testing.assert_close(STEP.implied(1.0), STEP.given)
    torch.testing.assert_close(STEP.implied(3.0), torch.tensor([[0.0, 3.0]]))


def test_a_step_shrinks_by_the_ratio_of_variances_and_adds_what_is_missing() -> None:
    torch.testing.assert_close(STEP.mean(1.0), torch.tensor([[0.5, 0.75]]))
    fresh = 0.5 * math.sqrt(0.75)
    torch.testing.assert_close(STEP.after(1.0), STEP.mean(1.0) + fresh)


def test_clearance_is_the_smallest_distance_of_what_is_drawn() -> None:
    spots = torch.arange(9.0)[:, None, None] ** 2 * torch.ones(1, 2)
    first, second = Stop(*spots[:4]), Stop(*spots[4:8])
    last = Stop(*4 * [spots[8]])
    assert clearance([first, second, last]) == pytest.approx(math.sqrt(2))
    near = Stop(spots[4], spots[4] + 0.01, *spots[6:8])
    assert clearance([first, near, last]) == pytest.approx(
        0.01 * math.sqrt(2), rel=1e-3
    )


def test_canvases_far_out_are_not_legible() -> None:
    x = torch.tensor([[1.0, 0.0], [9.0, 0.0]]).double()
    free = torch.zeros(2, 2).double()
    given = torch.tensor([[0.0, 0.7]]).double().expand(2, 2)
    near, far = legible(x, free, given).tolist()
    assert near == pytest.approx(0.7, abs=0.01)
    assert far == 0


def test_an_angle_is_in_degrees() -> None:
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[-1.0, 1.0]])
    assert angle(a, b) == pytest.approx(135)
