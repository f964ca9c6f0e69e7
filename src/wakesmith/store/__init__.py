"""Where stages keep what they make, so that no finished work is ever done again."""

from wakesmith.store.files import free_space, make_folder, make_way, write_atomic
from wakesmith.store.names import Entry, digest_file
from wakesmith.store.store import Collected, State, Store, named_in

__all__ = [
    "Collected",
    "Entry",
    "State",
    "Store",
    "digest_file",
    "free_space",
    "make_folder",
    "make_way",
    "named_in",
    "write_atomic",
]
