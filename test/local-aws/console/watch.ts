import type { ConsoleUpdate } from "../../../local-aws/console/view.js";

/** What a console is told, message by message. */
export async function watch(endpoint: string) {
  const response = await fetch(`${endpoint}/_local/console/watch`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    response,
    /** The next message, and how long its text is. */
    async next(): Promise<{ update: ConsoleUpdate; bytes: number }> {
      // Bounded by what is sent, and by the test's time.
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end >= 0) {
          const message = text.slice("data: ".length, end);
          text = text.slice(end + 2);
          return { update: JSON.parse(message), bytes: message.length };
        }
        const { value, done } = await reader.read();
        if (done) throw new Error("The console is told no more.");
        text += value;
      }
    },
    leave: () => reader.cancel(),
  };
}
