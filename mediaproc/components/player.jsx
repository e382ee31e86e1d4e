// The player: media-chrome's controls around hls.js, with the keys of YouTube.
import { useEffect, useRef } from "react";
import {
  MediaController, MediaPlayButton, MediaMuteButton, MediaVolumeRange, MediaTimeRange, MediaTimeDisplay,
  MediaFullscreenButton, MediaPipButton, MediaLoadingIndicator, MediaErrorDialog, MediaPosterImage, MediaPreviewTimeDisplay,
  MediaPreviewThumbnail,
} from "media-chrome/react";
import {
  MediaRenditionMenu, MediaRenditionMenuButton, MediaPlaybackRateMenu, MediaPlaybackRateMenuButton, MediaAudioTrackMenu,
  MediaAudioTrackMenuButton, MediaCaptionsMenu, MediaCaptionsMenuButton,
} from "media-chrome/react/menu";
import HlsVideo from "hls-video-element/react";

// A growing playlist looks live to hls.js, which would start at its end. A video starts at its beginning.
const HLS = { startPosition: 0, maxBufferLength: 30 };

const step = (video, seconds) => (video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), video.duration || 0));
const KEYS = {
  " ": (video) => (video.paused ? video.play() : video.pause()),
  k: (video) => (video.paused ? video.play() : video.pause()),
  j: (video) => step(video, -10),
  l: (video) => step(video, 10),
  ArrowLeft: (video) => step(video, -5),
  ArrowRight: (video) => step(video, 5),
  m: (video) => (video.muted = !video.muted),
  c: (_video, controller) => controller.dispatchEvent(new CustomEvent("mediatogglesubtitlesrequest")),
  f: (_video, controller) => (document.fullscreenElement ? document.exitFullscreen() : controller.requestFullscreen()),
};

const busy = (target) =>
  target.closest?.("input, textarea, select, summary, dialog, [role=dialog], [role=alertdialog], [contenteditable]");
const activates = (event) => event.key === " " && event.target.closest?.("button, a, [role=button]");

function useKeys(video, controller) {
  useEffect(() => {
    const press = (event) => {
      const act = KEYS[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey || busy(event.target) || activates(event)) return;
      if (!video.current) return;
      event.preventDefault();
      act(video.current, controller.current);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [video, controller]);
}

// The picture that stands while the playlist is read again; nothing of it is black.
const frozen = (native) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [native.videoWidth, native.videoHeight];
  canvas.getContext("2d").drawImage(native, 0, 0);
  return canvas.toDataURL("image/jpeg", 0.9);
};

// What a viewer has chosen to hear and read stays: reading again would go back to what plays unasked.
const shownText = (hls) => {
  const track = hls?.subtitleTracks[hls.subtitleTrack];
  return track && { subtitlePreference: { name: track.name, lang: track.lang } };
};

const listenTo = (label, sounds) => {
  if (!sounds.some((sound) => sound.label === label && !sound.enabled)) return;
  sounds.forEach((sound) => (sound.enabled = sound.label === label));
};

function readAgain(video) {
  const { currentTime, paused, ended, playbackRate, nativeEl } = video;
  const heard = [...video.audioTracks].find((sound) => sound.enabled)?.label;
  if (nativeEl.videoWidth && currentTime > 0) nativeEl.poster = frozen(nativeEl);
  const goOn = () => {
    nativeEl.playbackRate = playbackRate;
    listenTo(heard, [...video.audioTracks]);
    if (!paused && !ended) nativeEl.play().catch(() => {});
  };
  nativeEl.addEventListener("loadedmetadata", goOn, { once: true });
  video.config = { ...HLS, ...shownText(video.api), startPosition: ended ? 0 : currentTime };
  video.load();
}

// While a video is processed its own picture plays. hls.js never reads a multivariant playlist again by itself, so
// once the renditions are there the player does, but only when it disturbs nobody: while it stands, jumps or waits.
function useRenditions(video, provisional) {
  const before = useRef(provisional);
  useEffect(() => {
    const due = before.current && !provisional;
    before.current = provisional;
    const player = video.current;
    if (!due || !player) return;
    const quiet = ["pause", "seeking", "waiting", "ended"];
    const forget = () => quiet.forEach((name) => player.removeEventListener(name, change));
    const change = () => {
      forget();
      readAgain(player);
    };
    if (player.paused) change();
    else quiet.forEach((name) => player.addEventListener(name, change));
    return forget;
  }, [video, provisional]);
}

export function Player({ src, poster, storyboard, title, provisional }) {
  const video = useRef(null);
  const controller = useRef(null);
  useKeys(video, controller);
  useRenditions(video, provisional);
  return (
    <MediaController ref={controller} className="player" noHotkeys defaultStreamType="on-demand" aria-label={title}>
      <HlsVideo ref={video} slot="media" src={src} config={HLS} streamType="on-demand" playsInline crossOrigin="anonymous" preload="metadata">
        {storyboard && <track key={storyboard} kind="metadata" label="thumbnails" src={storyboard} default />}
      </HlsVideo>
      {poster && <MediaPosterImage slot="poster" src={poster} />}
      <MediaLoadingIndicator slot="centered-chrome" />
      <MediaErrorDialog slot="dialog" />
      <MediaRenditionMenu hidden anchor="auto" />
      <MediaPlaybackRateMenu hidden anchor="auto" />
      <MediaAudioTrackMenu hidden anchor="auto" />
      <MediaCaptionsMenu hidden anchor="auto" />
      <div className="controls">
        <MediaTimeRange className="seek">
          <MediaPreviewThumbnail slot="preview" />
          <MediaPreviewTimeDisplay slot="preview" />
        </MediaTimeRange>
        <div className="buttons">
          <MediaPlayButton />
          <MediaMuteButton />
          <MediaVolumeRange className="volume" />
          <MediaTimeDisplay showDuration noToggle />
          <span className="space" />
          <MediaCaptionsMenuButton />
          <MediaAudioTrackMenuButton />
          <MediaPlaybackRateMenuButton />
          <MediaRenditionMenuButton />
          <MediaPipButton />
          <MediaFullscreenButton />
        </div>
      </div>
    </MediaController>
  );
}
