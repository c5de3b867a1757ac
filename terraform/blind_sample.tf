# Whether so many photos a day, judged by people without the model's answer, show within a week that the model has become
# worse by 5 points: by the bound that the monitor reckons with (core/figures/true_accuracy.py), in half of all weeks.

locals {
  # Of the test photos that the model accepted so many more are right than wrong: one of each is added, so that a hundred
  # right ones promise no perfection. Without them, as of the built-in algorithm's models, nothing is expected.
  tested            = try(floor(var.model.metrics.coverage * var.model.metrics.n_test + 0.5), null)
  expected_accuracy = try((floor(var.model.metrics.selective_accuracy * local.tested + 0.5) + 1) / (local.tested + 2), null)

  judged_in_week = 7 * var.api.blind_per_day
  wrong_in_week  = try((1 - local.expected_accuracy + 0.05) * local.judged_in_week, 0)
  # The lower bound of that count, by the law of Wilson and Hilferty 1931; 3.29 standard deviations leave out 1 of 2,000.
  surely_wrong    = local.wrong_in_week < 1 ? 0 : local.wrong_in_week * pow(1 - 1 / (9 * local.wrong_in_week) - 3.29 / (3 * pow(local.wrong_in_week, 0.5)), 3)
  is_fall_visible = local.judged_in_week >= 30 && local.surely_wrong > local.judged_in_week * (1 - coalesce(local.expected_accuracy, 1) + var.drift.fall)
}

# It warns and refuses nothing: without enough of them low-accuracy goes by the model's own confidence, as it did before.
check "blind_sample" {
  assert {
    condition     = local.expected_accuracy == null || var.api.blind_per_day == 0 || local.is_fall_visible
    error_message = "api.blind_per_day = ${var.api.blind_per_day} is too few: of a model that should be right on ${try(format("%.1f", 100 * local.expected_accuracy), "")} % of what it accepts, a week of them does not show a fall of 5 points, and the alarm low-accuracy goes by the model's own confidence. docs/drift.md#how-many-photos-to-judge has how many it takes; 0 turns it off."
  }
}
