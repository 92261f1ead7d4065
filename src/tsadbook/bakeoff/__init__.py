"""The bake-off: every detector of the book on all 58 series of NAB, scored in the same ways.

settings -> detectors -> runner -> scores, a file a task -> postprocessing -> leaderboard
"""
