// Shows its children if the browser can decode the codec, else a note that says what to do.
function canPlay(type) {
  const source = window.ManagedMediaSource ?? window.MediaSource;
  return source?.isTypeSupported(type) || document.createElement("video").canPlayType(type) !== "";
}

export function CodecSupport({ name, type, children }) {
  if (!type || canPlay(type)) return children;
  return (
    <div className="player-note">
      <b>This browser cannot play {name}</b>
      <span>Download the MP4 file, or reprocess the video with the Web preset, which plays in every browser.</span>
    </div>
  );
}
