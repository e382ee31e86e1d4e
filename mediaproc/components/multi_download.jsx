// A button that downloads several files. Each gets a frame of its own: as links, the second would call off the first.
const KEPT_MS = 60_000;
const APART_MS = 300;

function download(address) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = address;
  document.body.append(frame);
  setTimeout(() => frame.remove(), KEPT_MS);
}

export function MultiDownload({ addresses, children, ...props }) {
  const start = () => addresses.forEach((address, at) => setTimeout(download, at * APART_MS, address));
  return (
    <button type="button" onClick={start} {...props}>
      {children}
    </button>
  );
}
