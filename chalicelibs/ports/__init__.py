"""What the use cases need from the world, in domain words.

Every port has an adapter for AWS and a twin in memory; both pass the same contract tests.
"""
