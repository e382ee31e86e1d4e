"""Operations on videos."""

from __future__ import annotations

from collections.abc import Sequence

from mediaproc.client.methods import listing, operation
from mediaproc.client.models import Job, Plan, Priority, Video, VideoOrder, VideoStatus
from mediaproc.client.request import Listing, Repeat, Request, items_of, location, model_of, nothing, text


class VideoOperations:
    """Videos: the library, jobs, plans, and files."""

    @listing
    def videos(
        self, *, status: Sequence[VideoStatus] = (), query: str | None = None, sort: VideoOrder | None = None
    ) -> Listing[Video]:
        """All videos, newest first unless `sort` says otherwise. Reads 100 at a time.

        `status` keeps only videos with one of these; `query` is text in the title or file name.
        """
        return Listing("/videos", Video, params={"status": list(status) or None, "q": query, "sort": sort})

    @operation
    def video(self, id: str) -> Request[Video]:
        """Get a video. ApiError `not_found` if your team has no such video."""
        return Request("GET", "/videos/{id}", model_of(Video), {"id": id})

    @operation
    def update(self, id: str, *, title: str | None = None, priority: Priority | None = None) -> Request[Video]:
        """Change a video's title, or the priority of its waiting and future jobs. None leaves a field as it is."""
        changes = {"title": title, "priority": priority}
        body = {name: value for name, value in changes.items() if value is not None}
        return Request("PATCH", "/videos/{id}", model_of(Video), {"id": id}, json=body)

    @operation
    def cancel(self, id: str) -> Request[Video]:
        """Cancel the processing of a video. ApiError with status 409 if it is not being processed."""
        return Request("POST", "/videos/{id}/cancel", model_of(Video), {"id": id}, repeat=Repeat.NEVER)

    @operation
    def retry(self, id: str) -> Request[Video]:
        """Repeat the newest job if it failed or was cancelled. ApiError with status 409 in any other state."""
        return Request("POST", "/videos/{id}/retry", model_of(Video), {"id": id}, repeat=Repeat.WITH_KEY)

    @operation
    def reprocess(self, id: str, preset: str) -> Request[Video]:
        """Process a video with another preset. The current output stays until the new one is complete.

        ApiError with status 409 while it is processed.
        """
        body = {"preset": preset}
        return Request("POST", "/videos/{id}/reprocess", model_of(Video), {"id": id}, json=body, repeat=Repeat.WITH_KEY)

    @operation
    def delete(self, id: str) -> Request[None]:
        """Delete a video with its files, and stop its jobs."""
        return Request("DELETE", "/videos/{id}", nothing, {"id": id})

    @operation
    def restore(self, id: str) -> Request[Video]:
        """Restore a video that was deleted on the page within the last seven days."""
        return Request("POST", "/videos/{id}/restore", model_of(Video), {"id": id})

    @operation
    def jobs(self, id: str) -> Request[list[Job]]:
        """Jobs of a video with their attempts, newest first."""
        return Request("GET", "/videos/{id}/jobs", items_of(Job), {"id": id})

    @operation
    def plan(self, id: str) -> Request[Plan]:
        """Processing plan of a video: rungs, chunks and every FFmpeg command.

        ApiError with status 409 until its source has been probed.
        """
        return Request("GET", "/videos/{id}/plan", model_of(Plan), {"id": id})

    @operation
    def download_url(self, id: str, *, rendition: str | None = None) -> Request[str]:
        """Presigned URL of a rendition's MP4, of the best one by default, or of the uploaded file (`source`).

        It expires, so request it when you need it. `download` saves the file.
        """
        return Request("GET", "/videos/{id}/download", location, {"id": id}, params={"rendition": rendition})


class PlaybackOperations:
    """Playlists of a video, as text. Players use the URLs in `Video.playback`."""

    @operation
    def hls_playlist(self, id: str) -> Request[str]:
        """HLS multivariant playlist. Gains renditions while the video is processed."""
        return Request("GET", "/videos/{id}/hls/master.m3u8", text, {"id": id})

    @operation
    def rendition_playlist(self, id: str, rendition: str) -> Request[str]:
        """HLS media playlist of a rendition or track, with presigned segment URLs."""
        return Request("GET", "/videos/{id}/hls/{rendition}.m3u8", text, {"id": id, "rendition": rendition})

    @operation
    def storyboard(self, id: str) -> Request[str]:
        """Storyboard of a completed video: WebVTT whose cues are presigned image URLs with `#xywh=` in pixels."""
        return Request("GET", "/videos/{id}/hls/storyboard.vtt", text, {"id": id})

    @operation
    def dash_manifest(self, id: str) -> Request[str]:
        """DASH manifest of a completed video."""
        return Request("GET", "/videos/{id}/dash/manifest.mpd", text, {"id": id})
