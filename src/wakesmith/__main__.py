"""``python -m wakesmith``."""

from wakesmith.cli import main

if __name__ == "__main__":
    main()
