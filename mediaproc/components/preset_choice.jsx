// Select box for the preset of new uploads.
import { useEffect, useSyncExternalStore } from "react";
import * as presets from "./preset_choice.js";

export function PresetChoice({ owner, changes }) {
  const { offered, chosen } = useSyncExternalStore(presets.subscribe, presets.get);
  useEffect(() => void (owner && presets.load(owner)), [owner, changes]);
  const current = offered.find((preset) => preset.name === chosen);
  return (
    <select
      className="field preset-choice"
      aria-label="Preset for new uploads"
      title={current?.description}
      value={chosen}
      onChange={(event) => presets.choose(event.target.value)}
    >
      {offered.map((preset) => <option key={preset.name} value={preset.name} title={preset.description}>{preset.title}</option>)}
    </select>
  );
}
