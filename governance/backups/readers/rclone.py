"""What `rclone lsjson` lists: files on any of the stores that rclone knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.backups.model import Catalogue, Mark
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.options import choice
from governance.backups.readers.replies import Notes
from governance.backups.readers.stored import OPTIONS, Item, Rules, listed
from governance.backups.readers.values import at, flag, text, whole

# From the strongest; what a store gives it can compare, and two files of one hash are the same.
_HASHES = ("sha256", "sha512", "sha1", "md5", "quickxor", "whirlpool", "dropbox", "crc32")
_TIMES = ("file", "upload")


class Rclone:
    """Lists the files below a remote. `ModTime` is that of the file where the store keeps it;
    stores that do not (`times: upload`) give the time of the upload, which dates nothing."""

    KIND = "rclone"
    PARTS = (
        Part("lsjson", ("rclone", "lsjson", "--recursive", "--files-only", "--hash", "{remote}")),
    )
    OPTIONS: Mapping[str, bool] = {**OPTIONS, "remote": False, "times": False}

    def read(self, asked: Asked) -> Catalogue:
        rules = Rules.of(asked.catalogue)
        notes = Notes(asked)
        reply = notes.printed("lsjson", Mark.COMPLETE)
        found = notes.documents("lsjson", reply, Mark.COMPLETE) if reply else []
        if found and not isinstance(found[0], list):
            notes.cut.add("lsjson")
            notes.odd("lsjson", Mark.COMPLETE)
        entries = found[0] if found and isinstance(found[0], list) else []
        is_upload = choice(asked.catalogue.options, "times", "file", _TIMES) == "upload"
        read_at = reply.at if reply else asked.now
        is_whole = "lsjson" not in notes.cut
        items = list(_items(notes, entries, is_upload))
        result = listed(items, rules, read_at, is_whole=is_whole)
        return Catalogue(
            kind=self.KIND,
            read_at=read_at,
            backups=result.backups,
            problems=(*notes.problems, *result.problems),
            zone=asked.catalogue.zone.key,
            is_whole=is_whole,
        )


READER = Rclone()


def _items(notes: Notes, entries: list[object], is_upload: bool) -> Iterator[Item]:
    for entry in entries:
        path = text(at(entry, "Path"))
        if path is None:
            notes.odd("Path", Mark.COMPLETE)
            continue
        if flag(at(entry, "IsDir")):
            continue
        hashes = at(entry, "Hashes")
        found = ((name, text(at(hashes, name))) for name in _HASHES)
        # -1 is rclone's word for a size that the store does not tell.
        yield Item(
            path,
            whole(at(entry, "Size")),
            notes.moment(at(entry, "ModTime")),
            is_upload=is_upload,
            digest=next((f"{name}:{digest}" for name, digest in found if digest), None),
        )
