/** Bytes that are not the EBML they claim to be. */
export class EbmlError extends Error {
  override readonly name = "EbmlError";

  constructor(
    /** `overrun`: a child ends after its parent. `badHeader`: no valid id and size. `badValue`: a value of impossible length. `tooDeep`: nested beyond the limit. */
    readonly code: "overrun" | "badHeader" | "badValue" | "tooDeep",
    /** Where in the byte stream. */
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}
