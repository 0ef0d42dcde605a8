/** Attempts beyond which a smaller reproduction is not worth the time. */
const MOST_ATTEMPTS = 4000;

/**
 * The bytes without all that `fails` does not need: ever smaller pieces are taken out for as long as it goes on failing.
 * @param fails must hold for `bytes`
 */
export function minimised(bytes: Buffer, fails: (bytes: Buffer) => boolean): Buffer {
  let smallest = bytes;
  let attempts = 0;
  for (let length = Math.ceil(smallest.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at < smallest.length && attempts < MOST_ATTEMPTS; ) {
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + length)]);
      attempts++;
      if (fails(shorter)) smallest = shorter;
      else at += length;
    }
  }
  return smallest;
}
