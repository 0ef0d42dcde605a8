import assert from "node:assert/strict";
import fc from "fast-check";
import { NAME_LIMITS, ResourceNames } from "../../components/resource-names.js";

describe("names of resources", () => {
  it("are project, stack, component, region and kind", () => {
    const names = new ResourceNames("calls", "prod", "recorder");
    assert.equal(names.of("archive", 64, "us-east-1"), "calls-prod-recorder-us-east-1-archive");
    assert.equal(names.of("dashboard", 64), "calls-prod-recorder-dashboard");
    assert.equal(names.namespace, "ChimeVoiceStreaming/calls-prod-recorder");
    assert.equal(names.bucketPrefix, "calls-prod-recorder-");
  });

  it("end as they would where they are cut, and differ where what was cut did", () => {
    const long = "a-project-with-a-very-long-name-indeed";
    const [one, other] = ["recorder", "rec0rder"].map((name) => new ResourceNames(long, "production", name));
    const cut = one!.of("dead-letters", 64, "ap-northeast-1");
    assert.ok(cut.length <= 64, cut);
    assert.match(cut, /^a-project-with.*-[0-9a-f]{8}-ap-northeast-1-dead-letters$/);
    assert.notEqual(cut, other!.of("dead-letters", 64, "ap-northeast-1"));
  });

  it("are valid for their services and the same each time, whatever a component is called", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 150 }), fc.string({ minLength: 1 }), (project, component) => {
        const names = new ResourceNames(project, "dev", component);
        const again = new ResourceNames(project, "dev", component);
        for (const limit of Object.values(NAME_LIMITS)) {
          const name = names.of("dead-letters", limit, "ap-northeast-1");
          assert.ok(name.length <= limit, name);
          assert.match(name, /^[A-Za-z0-9][A-Za-z0-9-]*$/);
          assert.equal(name, again.of("dead-letters", limit, "ap-northeast-1"));
        }
        assert.match(names.bucketPrefix, /^[a-z0-9][a-z0-9-]{0,35}-$/);
        assert.match(names.namespace, /^(?!AWS\/)[\w./#:-]{1,255}$/);
      }),
    );
  });

  it("of components whose names differ in signs alone are not the same", () => {
    assert.notEqual(new ResourceNames("p", "s", "a.b").base, new ResourceNames("p", "s", "a_b").base);
  });
});
