"""The bake-off: every detector of the book on all 58 series of NAB, scored in the same ways.

settings -> catalogue -> tasks -> scores, a file a task -> treatments -> leaderboard
"""
