// Checkbox that selects all rows of a list, or none. It is half checked while only some are selected.
export function SelectAll({ selected, selectable, onToggle, children }) {
  const half = (input) => input && (input.indeterminate = selected > 0 && selected < selectable);
  return (
    <label className="job-all">
      <input ref={half} type="checkbox" checked={selectable > 0 && selected === selectable} onChange={() => onToggle()} />
      {children}
    </label>
  );
}
