"""The apparatus of the chapters: data, shared models, judges, measurements.

A chapter shows what it is about; what it takes to measure that stands here. A study
takes what it needs as arguments, the run of the page among them (`Running`), and knows
nothing of how pages are executed.
"""
