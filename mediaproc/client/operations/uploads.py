"""Operations on multipart uploads. `Client.upload` combines them to send a file."""

from __future__ import annotations

from collections.abc import Sequence

from mediaproc.client.methods import operation
from mediaproc.client.models import NewUpload, Priority, SentPart, SignedPart, Upload, Video
from mediaproc.client.request import Repeat, Request, items_of, model_of, nothing


class UploadOperations:
    """Uploads, for programs that send the parts themselves."""

    @operation
    def create_upload(
        self,
        filename: str,
        size_bytes: int,
        *,
        content_type: str = "",
        preset: str = "web",
        priority: Priority = "normal",
    ) -> Request[NewUpload]:
        """Create an upload and its video. ApiError `empty_file` or `file_too_large`."""
        body = {
            "filename": filename, "size_bytes": size_bytes, "content_type": content_type, "preset": preset,
            "priority": priority,
        }  # fmt: skip
        return Request("POST", "/uploads", model_of(NewUpload), json=body, repeat=Repeat.WITH_KEY)

    @operation
    def sign_parts(self, id: str, part_numbers: Sequence[int]) -> Request[list[SignedPart]]:
        """Presigned URLs to PUT parts to, at any time until the upload ends. At most 1,000 parts."""
        body = {"part_numbers": list(part_numbers)}
        return Request("POST", "/uploads/{id}/parts", items_of(SignedPart, "parts"), {"id": id}, json=body)

    @operation
    def get_upload(self, id: str) -> Request[Upload]:
        """Get an upload and the parts that storage has received."""
        return Request("GET", "/uploads/{id}", model_of(Upload), {"id": id})

    @operation
    def complete_upload(self, id: str, parts: Sequence[SentPart] | None = None) -> Request[Video]:
        """Complete an upload and queue its video. Without `parts`, the parts that storage has are used.

        ApiError `upload_incomplete`; its `problem` lists `missing_parts`.
        """
        body = None if parts is None else {"parts": list(parts)}
        return Request("POST", "/uploads/{id}/complete", model_of(Video), {"id": id}, json=body, repeat=Repeat.WITH_KEY)

    @operation
    def abort_upload(self, id: str) -> Request[None]:
        """Abort an unfinished upload. Deletes its parts from storage and its video from the library."""
        return Request("DELETE", "/uploads/{id}", nothing, {"id": id})
