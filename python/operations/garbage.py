"""What people upload that is no photo: poison for a workflow, each to fail by its own name and to harm nothing else."""

from operations.client import Photo

GARBAGE = (
    Photo("shopping-list.png", b"scones, butter, jam\n"),
    Photo("empty.png", b""),
    Photo("huge.png", b"\x89PNG\r\n\x1a\n" + bytes(7_000_000)),
    Photo("broken.png", b"\x89PNG\r\n\x1a\n" + bytes(2_000)),
)
