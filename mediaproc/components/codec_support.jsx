// Shows its children if the browser can decode the codec, else a note that says what to do.
const CODECS = { hevc: ["HEVC", 'video/mp4; codecs="hvc1.1.6.L93.90"'], av1: ["AV1", 'video/mp4; codecs="av01.0.08M.08"'] };

function canPlay(type) {
  const source = window.ManagedMediaSource ?? window.MediaSource;
  return source?.isTypeSupported(type) || document.createElement("video").canPlayType(type) !== "";
}

export function CodecSupport({ codec, children }) {
  const [name, type] = CODECS[codec] ?? [];
  if (!type || canPlay(type)) return children;
  return (
    <div className="player-note">
      <b>This browser cannot play {name}</b>
      <span>Download the MP4 file, or reprocess the video with the Web preset, which plays in every browser.</span>
    </div>
  );
}
