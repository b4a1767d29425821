import { ReadBuffer, serializeMessage, type JSONRPCMessage, type Transport } from "@modelcontextprotocol/client";
import type { Talk } from "../exec/index.ts";

/** Bytes of one message. */
const maximumMessage = 16 * 1024 * 1024;

/** Messages as lines on the input and output of a program. */
export class ProgramTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #talk: Talk;
  readonly #buffer = new ReadBuffer({ maxBufferSize: maximumMessage });

  constructor(talk: Talk) {
    this.#talk = talk;
  }

  start(): Promise<void> {
    this.#talk.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    void this.#talk.ended.then(() => this.onclose?.());
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#talk.stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    await this.#talk.end();
  }

  #read(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk);
      for (let message = this.#buffer.readMessage(); message !== null; message = this.#buffer.readMessage())
        this.onmessage?.(message);
    } catch (error) {
      // A line that is no message, or one without end: nothing that follows can be believed.
      this.onerror?.(error as Error);
      void this.#talk.end();
    }
  }
}
