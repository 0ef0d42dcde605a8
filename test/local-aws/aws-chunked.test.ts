import assert from "node:assert/strict";
import fc from "fast-check";
import { plainBody } from "../../local-aws/aws-chunked.js";
import { AwsError, type AwsRequest } from "../../local-aws/exchange.js";

function request(body: Buffer, headers: Record<string, string>): AwsRequest {
  return { body, headers } as unknown as AwsRequest;
}

function framed(chunks: readonly Uint8Array[], trailer = ""): Buffer {
  const parts = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)};chunk-signature=0\r\n`),
    chunk,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailer}\r\n`)]);
}

describe("plainBody", () => {
  it("leaves a body without framing as it is", () => {
    const body = Buffer.from("5\r\nhello\r\n0\r\n\r\n");
    assert.equal(plainBody(request(body, {})).data, body);
  });

  it("takes the framing off any split of any data", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })), (chunks) => {
        const { data } = plainBody(request(framed(chunks), { "content-encoding": "gzip, aws-chunked" }));
        assert.ok(data.equals(Buffer.concat(chunks)));
      }),
    );
  });

  it("reads trailers, names in lower case", () => {
    const body = framed([Buffer.from("abc")], "X-Amz-Checksum-CRC32: AAAA\r\n");
    const { trailers } = plainBody(request(body, { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" }));
    assert.deepEqual([...trailers], [["x-amz-checksum-crc32", "AAAA"]]);
  });

  it("refuses a body that ends before its last chunk, or has no sizes", () => {
    const whole = framed([Buffer.from("hello")]);
    const last = whole.indexOf("0\r\n\r\n");
    for (const body of [...Array(last + 2).keys()]
      .map((length) => whole.subarray(0, length))
      .concat(Buffer.from("zz\r\n"))) {
      assert.throws(
        () => plainBody(request(body, { "content-encoding": "aws-chunked" })),
        (error) => error instanceof AwsError && error.code === "IncompleteBody",
      );
    }
  });
});
