import type { CallReportData } from "../report-data.js";
import { positionText } from "../time-text.js";
import { element } from "./element.js";
import type { Player, Source } from "./player.js";

const RATES = [0.5, 1, 1.25, 1.5, 2];

/** One thing to listen to. */
interface Choice {
  label: string;
  sources: Source[];
}

/** Play, position, speed, and what is heard: each leg, or both. */
export function transport(data: CallReportData, player: Player): HTMLElement {
  const status = element("p", { class: "status", role: "status" });
  const choices = choicesOf(data, (audio, label) => {
    player.drop(audio);
    status.textContent = `${label} cannot be played: its file is not beside this page, or is damaged.`;
  });
  const play = element("button", { class: "play", type: "button", onclick: () => toggle(player) });
  const position = element("output", { class: "position" });
  const show = () => {
    play.textContent = player.isPlaying ? "Pause" : "Play";
    play.dataset.state = player.isPlaying ? "playing" : "paused";
    position.textContent = `${positionText(player.positionMs, 1)} / ${positionText(data.durationMs, 1)}`;
  };
  player.addEventListener("change", show);
  show();
  if (choices.length === 0) {
    play.disabled = true;
    status.textContent = "There is no audio to play.";
  } else player.listenTo(choices[0]!.sources);
  return element("div", { class: "transport" }, play, position, choiceOf(choices, player), rateOf(player), status);
}

export function toggle(player: Player): void {
  if (player.isPlaying) player.pause();
  else player.play();
}

function choicesOf(data: CallReportData, failed: (audio: HTMLAudioElement, label: string) => void): Choice[] {
  const sourceOf = (label: string, url: string, atMs: number, durationMs: number): Source => {
    const audio = element("audio", { preload: "metadata" });
    audio.addEventListener("error", () => failed(audio, label));
    audio.src = url;
    // In the document, for whoever wants to look; nothing of it is seen.
    document.body.append(audio);
    return { audio, atMs, durationMs };
  };
  const legs = data.lanes.map(({ label, recordings }): Choice => {
    const sources = recordings.flatMap(({ url, atMs, durationMs }) =>
      url === undefined ? [] : [sourceOf(label, url, atMs, durationMs)],
    );
    return { label, sources };
  });
  const heard = legs.filter(({ sources }) => sources.length > 0);
  const { mix } = data;
  if (mix)
    return [{ label: "Both, stereo", sources: [sourceOf("The stereo file", mix.url, 0, mix.durationMs)] }, ...heard];
  if (heard.length > 1) return [{ label: "Both", sources: heard.flatMap(({ sources }) => sources) }, ...heard];
  return heard;
}

function choiceOf(choices: readonly Choice[], player: Player): HTMLElement | undefined {
  if (choices.length < 2) return undefined;
  return element(
    "fieldset",
    { class: "choice" },
    element("legend", {}, "Listen to"),
    ...choices.map(({ label, sources }, i) =>
      element(
        "label",
        {},
        element("input", { type: "radio", name: "listen", checked: i === 0, onchange: () => player.listenTo(sources) }),
        element("span", {}, label),
      ),
    ),
  );
}

function rateOf(player: Player): HTMLElement {
  const select = element(
    "select",
    { onchange: () => player.setRate(Number(select.value)) },
    ...RATES.map((rate) => element("option", { value: rate, selected: rate === 1 }, `${rate}×`)),
  );
  return element("label", { class: "rate" }, element("span", {}, "Speed"), select);
}
