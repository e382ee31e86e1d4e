// Shows what is within only where the browser can decode it; elsewhere says so, and what to do.
const SAID = { hevc: ["HEVC", 'video/mp4; codecs="hvc1.1.6.L93.90"'], av1: ["AV1", 'video/mp4; codecs="av01.0.08M.08"'] };

function canPlay(type) {
  const source = window.ManagedMediaSource ?? window.MediaSource;
  return source?.isTypeSupported(type) || document.createElement("video").canPlayType(type) !== "";
}

export function CodecSupport({ codec, children }) {
  const [name, type] = SAID[codec] ?? [];
  if (!type || canPlay(type)) return children;
  return (
    <div className="stage-note">
      <b>This browser can’t play {name}</b>
      <span>Download the MP4, or process the video again with the preset “Web”, which plays everywhere.</span>
    </div>
  );
}
