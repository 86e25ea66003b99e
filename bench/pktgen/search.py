# SPDX-License-Identifier: BSD-3-Clause
"""RFC 2544, 26.1: the highest rate at which no frame is lost."""

SIZES = (64, 128, 256, 512, 1024, 1280, 1518)
REACHED = 0.97  # of the rate that was asked for: less, and the generator is at its end
AGAIN = 3       # times that a trial is repeated which the machine has disturbed


def passes(trial, asked):
    """Nothing lost, at the rate that was asked for."""
    return trial["lost"] == 0 and trial["sent_fps"] >= REACHED * asked


def undisturbed(run, rate, again=AGAIN):
    """
    The trial of run(rate): a loss counts once it was not the machine's, a pass at once. The last
    one stands if all were disturbed; its "disturbed" says so.
    """
    trial = run(rate)
    while again > 0 and trial["disturbed"] and not passes(trial, rate):
        trial = run(rate)
        again -= 1
    return trial


def no_loss(run, most, resolution):
    """
    Halve between 0 and @p most frames a second until what is left is at most @p resolution of
    @p most. run(rate) is one trial: a mapping with lost, sent_fps and disturbed.
    @return The trial of the highest rate that passed, None if none did; and all that counted, as
    pairs of rate and trial.
    """
    low, high, best, trials = 0.0, float(most), None, []
    rate = high
    while True:
        trial = undisturbed(run, rate)
        trials.append((rate, trial))
        if passes(trial, rate):
            low, best = rate, trial
        else:
            high = rate
        if high - low <= resolution * most:
            return best, trials
        rate = (low + high) / 2
