"""Anomalies, Reproduced: what the chapters of the book share.

Data flows one way: datasets -> windows -> models -> scores -> thresholds -> evaluation -> plots.
Keras and torch are imported where a model is built, never here.
"""

__version__ = "0.1.0"
