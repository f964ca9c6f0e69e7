"""Where stages keep what they make, so that no finished work is ever done again."""

from wakesmith.store.files import free_space, in_words, make_folder, write_atomic
from wakesmith.store.names import Entry, digest, digest_file, digest_files, plain
from wakesmith.store.store import Collected, State, Store, named_in

__all__ = [
    "Collected",
    "Entry",
    "State",
    "Store",
    "digest",
    "digest_file",
    "digest_files",
    "free_space",
    "in_words",
    "make_folder",
    "named_in",
    "plain",
    "write_atomic",
]
