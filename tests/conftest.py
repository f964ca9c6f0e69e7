"""What all tests share."""

from hypothesis import settings

# How long an example takes says more about the machine than about the code; speed is for bench/.
settings.register_profile("wakesmith", deadline=None)
settings.load_profile("wakesmith")
