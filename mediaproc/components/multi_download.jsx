// Button that downloads several files, each in a frame of its own: with links, the second would cancel the first.
const FRAME_LIFETIME_MS = 60_000;
const INTERVAL_MS = 300;

function download(address) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = address;
  document.body.append(frame);
  setTimeout(() => frame.remove(), FRAME_LIFETIME_MS);
}

export function MultiDownload({ addresses, children, ...props }) {
  const start = () => addresses.forEach((address, index) => setTimeout(download, index * INTERVAL_MS, address));
  return (
    <button type="button" onClick={start} {...props}>
      {children}
    </button>
  );
}
