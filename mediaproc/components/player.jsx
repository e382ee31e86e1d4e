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
import { Hls } from "hls-video-element";
import HlsVideo from "hls-video-element/react";

// A growing playlist looks live to hls.js, which would start near its end, and go back to there (to the beginning,
// while it is short) whenever somebody has seen all that there is and waits for more. Nobody watches this to be up to date.
class StreamController extends Hls.DefaultConfig.streamController {
  synchronizeToLiveEdge() {}
}

const HLS = { startPosition: 0, maxBufferLength: 30, streamController: StreamController };

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

// Elsewhere on the page these scroll it.
const KEYS_WITHIN = { ArrowUp: (video) => louder(video, 5), ArrowDown: (video) => louder(video, -5) };

function louder(video, percent) {
  if (percent > 0) video.muted = false;
  video.volume = Math.min(100, Math.max(0, Math.round(video.volume * 100) + percent)) / 100;
}

const TAKES_ALL =
  "input:not([type=range]), textarea, select, summary, dialog, [contenteditable], " +
  "[role=dialog], [role=alertdialog], [role=menu], [role=listbox], [role=tablist], [role=radiogroup]";
const TAKES = {
  " ": "button, a, [role=button]",
  ArrowLeft: "[type=range]",
  ArrowRight: "[type=range]",
  ArrowUp: "[type=range], [aria-haspopup]",
  ArrowDown: "[type=range], [aria-haspopup]",
};

// Whether what has the focus uses the key itself. The player's own sliders and menus stand within other elements.
const taken = (event) =>
  event.composedPath().some((each) => each.matches?.(TAKES_ALL) || (TAKES[event.key] && each.matches?.(TAKES[event.key])));

function useKeys(video, controller) {
  useEffect(() => {
    const within = () => document.fullscreenElement || controller.current?.contains(document.activeElement);
    const press = (event) => {
      const act = KEYS[event.key] ?? (within() && KEYS_WITHIN[event.key]);
      if (!act || !video.current || event.ctrlKey || event.metaKey || event.altKey || taken(event)) return;
      event.preventDefault();
      act(video.current, controller.current);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [video, controller]);
}

// What a viewer has chosen to hear and read stays: reading again would go back to what plays unasked.
const shownText = (hls) => {
  const track = hls?.subtitleTracks[hls.subtitleTrack];
  return track && { subtitlePreference: { name: track.name, lang: track.lang } };
};

const heard = (video) => [...video.audioTracks].find((sound) => sound.enabled)?.label;

const listenTo = (label, sounds) => {
  if (!sounds.some((sound) => sound.label === label && !sound.enabled)) return;
  sounds.forEach((sound) => (sound.enabled = sound.label === label));
};

// hls.js lets one of its instances go on with what another one has buffered (it does so for advertisements), but
// hls-video-element has no door for that: it makes the next instance itself and attaches it to the bare element.
const goingOnWith = (media) =>
  class extends Hls.DefaultConfig.bufferController {
    onMediaAttaching(event, data) {
      super.onMediaAttaching(event, { ...data, ...media });
      media = null;
    }
  };

// What is kept of the buffer, in seconds: enough to read on without a stop. The rest is read again, or a size that is
// chosen then would be seen only behind it.
const KEPT = 10;

// Reads the playlists again while the video plays on with what is buffered.
function handOver(video) {
  const { api, nativeEl } = video;
  const sound = heard(video);
  const pace = { abrEwmaDefaultEstimate: api.bandwidthEstimate, testBandwidth: false }; // the line is known already
  const config = { ...HLS, ...shownText(api), ...pace, startPosition: nativeEl.currentTime };
  const written = api.subtitleTracks.map((track) => track.trackNode);
  const media = api.transferMedia();
  written.forEach((node) => node?.remove());
  if (!nativeEl.paused) nativeEl.preload = "auto"; // else hls-video-element buffers one second until "play" is pressed
  video.config = { ...config, bufferController: goingOnWith(media) };
  video.load().then(() => {
    const next = video.api;
    next.once(Hls.Events.MANIFEST_PARSED, () => listenTo(sound, [...video.audioTracks]));
    next.once(Hls.Events.BUFFER_CREATED, () =>
      next.trigger(Hls.Events.BUFFER_FLUSHING, { startOffset: nativeEl.currentTime + KEPT, endOffset: Infinity, type: null }),
    );
  });
}

// At its end, or where the browser itself reads the playlists, there is no buffer to go on with.
function beginAgain(video) {
  const { currentTime, paused, ended, playbackRate, nativeEl } = video;
  const goOn = () => {
    nativeEl.playbackRate = playbackRate;
    if (ended) return;
    nativeEl.currentTime = currentTime;
    if (!paused) nativeEl.play().catch(() => {});
  };
  nativeEl.addEventListener("loadedmetadata", goOn, { once: true });
  video.config = { ...HLS, ...shownText(video.api) };
  video.load();
}

// While a video is processed its own picture plays. hls.js never reads a multivariant playlist again by itself, so
// once the renditions are there the player does. Where the source is larger than any of them it goes on with the best
// picture that there is, until it stands, jumps or waits.
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
      if (player.ended || !player.api) beginAgain(player);
      else handOver(player);
    };
    if (player.paused || (player.api && !larger)) change();
    else quiet.forEach((name) => player.addEventListener(name, change));
    return forget;
  }, [video, provisional]);
}

export function Player({ src, poster, storyboard, title, provisional, larger }) {
  const video = useRef(null);
  const controller = useRef(null);
  useKeys(video, controller);
  useRenditions(video, provisional, larger);
  return (
    <MediaController ref={controller} className="player" noHotkeys defaultStreamType="on-demand" aria-label={title} tabIndex={-1}>
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
