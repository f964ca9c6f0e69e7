"""Sayings of the phrase joined from units of people's speech.

Synthetic voices are few, and a network that has heard the phrase from them alone takes what they
sound like for a part of it. People's speech without the phrase has all its sounds: the longest
pieces that fit are cut out and joined (unit selection: Hunt and Black, ICASSP 1996).
``recogniser`` finds the phones, ``inventory`` keeps them with their sound, ``selection`` chooses,
``joining`` cuts.
"""
