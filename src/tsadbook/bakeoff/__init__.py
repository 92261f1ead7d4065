"""The bake-off: every detector of the book on all 58 series of NAB, scored in the same ways.

settings.yml -> detectors, networks -> runner -> scores a task -> postprocessing -> leaderboard
"""
