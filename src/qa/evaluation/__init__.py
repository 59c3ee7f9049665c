"""Measuring the product on questions whose answers are known: question sets, metrics, reports and comparisons."""
