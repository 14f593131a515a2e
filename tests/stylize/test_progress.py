import pytest
import torch

from stylize.progress import Progress, Tracker


def run(steps, pictures=2):
    reports = []
    tracker = Tracker(reports.append, total=steps, pictures=pictures)
    for step in range(steps):
        tracker.step(torch.tensor([step, step + 1.0]))
    return tracker, reports


def test_reports_are_about_a_hundred_and_the_last_is_the_end():
    _, reports = run(1000)

    assert len(reports) == 100
    assert reports[-1] == Progress(1000, 1000, 999.5)


def test_few_steps_are_all_reported():
    assert [report.done for report in run(3)[1]] == [1, 2, 3]


def test_history_is_kept_per_picture_from_first_to_last():
    assert run(3)[0].loss_history() == [[0, 1, 2], [1, 2, 3]]


def test_a_long_history_is_thinned_to_200_points():
    history = run(1001)[0].loss_history()

    assert [len(losses) for losses in history] == [200, 200]
    assert (history[0][0], history[0][-1]) == (0, 1000)


def test_no_steps_give_an_empty_history_for_each_picture():
    assert run(0)[0].loss_history() == [[], []]


def test_what_the_caller_raises_passes_through():
    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Tracker(stop, total=1, pictures=1).step(torch.zeros(1))


def test_every_nth_step_is_reported_beside_the_hundred():
    reports = []
    tracker = Tracker(reports.append, total=1000, pictures=1, every=7)
    for _ in range(30):
        tracker.step(torch.zeros(1))

    assert [report.done for report in reports] == [7, 10, 14, 20, 21, 28, 30]


def test_steps_that_are_not_needed_shorten_the_way():
    reports = []
    tracker = Tracker(reports.append, total=10, pictures=1)
    tracker.step(torch.zeros(1))
    tracker.skip(8)
    tracker.step(torch.zeros(1))

    assert (reports[-1].done, reports[-1].total) == (2, 2)


def test_pictures_that_are_gone_do_not_count():
    reports = []
    tracker = Tracker(reports.append, total=1, pictures=2)

    tracker.step(torch.tensor([torch.nan, 3.0]), terms={"style": torch.tensor([3.0])})

    assert (reports[0].loss, dict(reports[0].terms)) == (3, {"style": 3})
    assert tracker.loss_history() == [[], [3]]


def test_a_report_says_which_pictures_it_shows():
    reports = []
    tracker = Tracker(reports.append, total=1, pictures=3)

    tracker.step(
        torch.zeros(3), images=torch.zeros(2, 3, 4, 4), numbers=torch.tensor([0, 2])
    )

    assert reports[0].numbers == (0, 2)
    assert len(reports[0].images) == 2
