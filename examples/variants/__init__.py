"""The same cell elsewhere: papers, textbooks, frameworks, each in a few lines of ours."""
