// Player: media-chrome controls around hls.js, with the keyboard shortcuts of YouTube.
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
import { Hls } from "hls-video-element";
import HlsVideo from "hls-video-element/react";

// hls.js treats a growing playlist as live: it would start near its end, and seek back there (to the beginning, while it
// is short) whenever a viewer has caught up and waits for more. These playlists are not live.
class StreamController extends Hls.DefaultConfig.streamController {
  synchronizeToLiveEdge() {}
}

const HLS = { startPosition: 0, maxBufferLength: 30, streamController: StreamController };

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** The next speed up (1) or down (-1). */
function changeRate(video, way) {
  const others = RATES.filter((rate) => (rate - video.playbackRate) * way > 0);
  if (others.length) video.playbackRate = way > 0 ? Math.min(...others) : Math.max(...others);
}

const step = (video, seconds) => (video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), video.duration || 0));
const KEYS = {
  " ": (video) => (video.paused ? video.play() : video.pause()),
  k: (video) => (video.paused ? video.play() : video.pause()),
  j: (video) => step(video, -10),
  l: (video) => step(video, 10),
  ArrowLeft: (video) => step(video, -5),
  ArrowRight: (video) => step(video, 5),
  m: (video) => (video.muted = !video.muted),
  "<": (video) => changeRate(video, -1),
  ">": (video) => changeRate(video, 1),
  i: (_video, controller) => controller.dispatchEvent(new CustomEvent(document.pictureInPictureElement ? "mediaexitpiprequest" : "mediaenterpiprequest")),
  c: (_video, controller) => controller.dispatchEvent(new CustomEvent("mediatogglesubtitlesrequest")),
  f: (_video, controller) => (document.fullscreenElement ? document.exitFullscreen() : controller.requestFullscreen()),
};

// Only with the focus in the player; elsewhere these keys scroll the page.
const PLAYER_KEYS = { ArrowUp: (video) => changeVolume(video, 5), ArrowDown: (video) => changeVolume(video, -5) };

function changeVolume(video, percent) {
  if (percent > 0) video.muted = false;
  video.volume = Math.min(100, Math.max(0, Math.round(video.volume * 100) + percent)) / 100;
}

const USES_ALL_KEYS =
  "input:not([type=range]), textarea, select, summary, dialog, [contenteditable], " +
  "[role=dialog], [role=alertdialog], [role=menu], [role=listbox], [role=tablist], [role=radiogroup]";
const USES_KEY = {
  " ": "button, a, [role=button]",
  ArrowLeft: "[type=range]",
  ArrowRight: "[type=range]",
  ArrowUp: "[type=range], [aria-haspopup]",
  ArrowDown: "[type=range], [aria-haspopup]",
};

// True if the focused element uses the key itself. The player's sliders and menus are nested in other elements.
const isUsed = (event) =>
  event.composedPath().some((each) => each.matches?.(USES_ALL_KEYS) || (USES_KEY[event.key] && each.matches?.(USES_KEY[event.key])));

function useKeys(video, controller) {
  useEffect(() => {
    const within = () => document.fullscreenElement || controller.current?.contains(document.activeElement);
    const press = (event) => {
      const act = KEYS[event.key] ?? (within() && PLAYER_KEYS[event.key]);
      if (!act || !video.current || event.ctrlKey || event.metaKey || event.altKey || isUsed(event)) return;
      event.preventDefault();
      act(video.current, controller.current);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [video, controller]);
}

// Loading the playlists again would reset the subtitles and the audio track to their defaults.
const subtitlePreference = (hls) => {
  const track = hls?.subtitleTracks[hls.subtitleTrack];
  return track && { subtitlePreference: { name: track.name, lang: track.lang } };
};

const audioTrack = (video) => [...video.audioTracks].find((track) => track.enabled)?.label;

const selectAudioTrack = (label, tracks) => {
  if (!tracks.some((track) => track.label === label && !track.enabled)) return;
  tracks.forEach((track) => (track.enabled = track.label === label));
};

// hls.js can pass the buffer of one instance on to another (it does so for advertisements), but hls-video-element does
// not expose that: it creates the next instance itself and attaches it to the bare element.
const withBuffer = (media) =>
  class extends Hls.DefaultConfig.bufferController {
    onMediaAttaching(event, data) {
      super.onMediaAttaching(event, { ...data, ...media });
      media = null;
    }
  };

// Seconds of the buffer that are kept: enough to load more without a stop. The rest is loaded again, since a rendition
// that is selected then would appear only after it.
const KEPT_SECONDS = 10;

// Loads the playlists again while the video continues from the buffer.
function switchSeamlessly(video) {
  const { api, nativeEl } = video;
  const audio = audioTrack(video);
  const bandwidth = { abrEwmaDefaultEstimate: api.bandwidthEstimate, testBandwidth: false }; // measured already
  const config = { ...HLS, ...subtitlePreference(api), ...bandwidth, startPosition: nativeEl.currentTime };
  const textTracks = api.subtitleTracks.map((track) => track.trackNode);
  const media = api.transferMedia();
  textTracks.forEach((node) => node?.remove());
  if (!nativeEl.paused) nativeEl.preload = "auto"; // otherwise hls-video-element buffers one second until play is pressed
  video.config = { ...config, bufferController: withBuffer(media) };
  video.load().then(() => {
    const next = video.api;
    next.once(Hls.Events.MANIFEST_PARSED, () => selectAudioTrack(audio, [...video.audioTracks]));
    next.once(Hls.Events.BUFFER_CREATED, () =>
      next.trigger(Hls.Events.BUFFER_FLUSHING, { startOffset: nativeEl.currentTime + KEPT_SECONDS, endOffset: Infinity, type: null }),
    );
  });
}

// At the end of the video, or where the browser plays HLS natively, there is no buffer to keep.
function reload(video) {
  const { currentTime, paused, ended, playbackRate, nativeEl } = video;
  const restore = () => {
    nativeEl.playbackRate = playbackRate;
    if (ended) return;
    nativeEl.currentTime = currentTime;
    if (!paused) nativeEl.play().catch(() => {});
  };
  nativeEl.addEventListener("loadedmetadata", restore, { once: true });
  video.config = { ...HLS, ...subtitlePreference(video.api) };
  video.load();
}

// While a video is processed, its source plays. hls.js never reloads a multivariant playlist, so the player does once the
// renditions exist. If the source is larger than every rendition, it keeps playing until it pauses, seeks or stalls.
function useRenditions(video, provisional, larger) {
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
      if (player.ended || !player.api) reload(player);
      else switchSeamlessly(player);
    };
    if (player.paused || (player.api && !larger)) change();
    else quiet.forEach((name) => player.addEventListener(name, change));
    return forget;
  }, [video, provisional]);
}

// hls.js has timers that would keep the player, and with it the whole page that it stood on, in memory.
function useRelease(video) {
  useEffect(() => {
    const player = video.current;
    return () => {
      if (player.isConnected) return; // an effect that only runs again
      player.removeAttribute("src"); // ends hls.js
      player.nativeEl.removeAttribute("src");
      player.nativeEl.load(); // ends the browser's own loading
    };
  }, [video]);
}

export function Player({ src, poster, storyboard, title, provisional, larger }) {
  const video = useRef(null);
  const controller = useRef(null);
  useKeys(video, controller);
  useRenditions(video, provisional, larger);
  useRelease(video);
  return (
    <MediaController ref={controller} className="player" noHotkeys defaultStreamType="on-demand" aria-label={title}>
      <HlsVideo ref={video} slot="media" src={src} config={HLS} streamType="on-demand" playsInline crossOrigin="anonymous" preload="metadata">
        {storyboard && <track key={storyboard} kind="metadata" label="thumbnails" src={storyboard} default />}
      </HlsVideo>
      {poster && <MediaPosterImage slot="poster" src={poster} />}
      <MediaLoadingIndicator slot="centered-chrome" />
      <MediaErrorDialog slot="dialog" />
      <MediaRenditionMenu hidden anchor="auto" />
      <MediaPlaybackRateMenu hidden anchor="auto" rates={RATES.join(" ")} />
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
