/** Trust policies: which logs and witnesses a reader knows, and which cosignatures suffice. Source: C2SP tlog-policy. */
import { decimal, decodeText, shown } from "./bytes.js";
import { verifiedSignatures } from "./checkpoint.js";
import { Fault } from "./fault.js";
import { parseVkey, TYPE_COSIGNATURE, TYPE_ED25519, TYPE_MLDSA44 } from "./note.js";

const POLICY_MALFORMED = "policy.malformed";
const MOST_POLICY = 2 ** 20;
const MOST_ENTRIES = 256;
const NONE = "none";
const ITEMS = { log: [1, 2], witness: [2, 3], group: [3, 2 + 2 * MOST_ENTRIES], quorum: [1, 1] };

/** Read a policy: {raw, logs: [key], witnesses: Map(name -> key), groups: [{name, threshold, members}], quorum or null}. */
export async function parsePolicy(raw) {
  if (raw.length > MOST_POLICY)
    throw new Fault(POLICY_MALFORMED, `a policy has at most ${MOST_POLICY} bytes`, "policy");
  if (raw.some((byte) => byte === 0x7f || (byte < 0x20 && byte !== 9 && byte !== 10))) {
    throw new Fault(POLICY_MALFORMED, "it holds a control character other than tab and newline", "policy");
  }
  if (raw[raw.length - 1] !== 10)
    throw new Fault(POLICY_MALFORMED, "the last line does not end in a newline", "policy");
  const draft = new PolicyDraft(raw);
  for (const [n, line] of draft.octets.slice(0, -1).split("\n").entries()) {
    const fields = line.split(/[ \t]+/).filter(Boolean);
    if (!fields.length || fields[0].startsWith("#")) continue;
    try {
      await draft.add(fields);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      throw new Fault(fault.code, fault.message, `policy line ${n + 1}`);
    }
  }
  return draft.finished();
}

/** The policy as far as it has been read: each line may refer to what stands above it only. */
class PolicyDraft {
  constructor(raw) {
    this.raw = raw;
    this.octets = Array.from(raw, (byte) => String.fromCharCode(byte)).join(""); // one character an octet
    this.isText = isUtf8(raw);
    this.logs = [];
    this.witnesses = new Map();
    this.groups = [];
    this.names = new Set([NONE]);
    this.members = new Set();
    this.keys = new Map();
    this.quorum = undefined;
  }

  async add([kind, ...items]) {
    if (!Object.hasOwn(ITEMS, kind))
      throw new Fault(POLICY_MALFORMED, `${shown(kind)} is none of log, witness, group, quorum`);
    const [least, most] = ITEMS[kind];
    if (items.length < least || items.length > most) {
      throw new Fault(POLICY_MALFORMED, `${items.length} items after ${kind}: ${least} to ${most} are meant`);
    }
    if (kind === "log") this.logs.push(await this.key(items[0], [TYPE_ED25519, TYPE_MLDSA44], this.logs));
    else if (kind === "witness") await this.witness(items);
    else if (kind === "group") this.group(items);
    else this.setQuorum(items[0]);
  }

  async witness([name, text]) {
    this.requireNew(name, this.witnesses.size);
    const key = await this.key(text, [TYPE_COSIGNATURE, TYPE_MLDSA44], [...this.witnesses.values()]);
    this.witnesses.set(this.text(name), key);
    this.names.add(name);
  }

  group([name, count, ...members]) {
    this.requireNew(name, this.groups.length);
    for (const member of members) {
      this.requireKnown(member);
      if (this.members.has(member)) throw new Fault(POLICY_MALFORMED, `${shown(member)} is a member already`);
      this.members.add(member);
    }
    const most = BigInt(members.length);
    const named = { all: most, any: 1n };
    const threshold = Object.hasOwn(named, count) ? named[count] : decimal(count, { most, code: POLICY_MALFORMED });
    if (threshold < 1n) throw new Fault(POLICY_MALFORMED, `group ${shown(name)} asks for none of its members`);
    this.groups.push({
      name: this.text(name),
      threshold: Number(threshold),
      members: members.map((m) => this.text(m)),
    });
    this.names.add(name);
  }

  setQuorum(name) {
    if (this.quorum !== undefined) throw new Fault(POLICY_MALFORMED, "this is a second quorum line");
    if (name !== NONE) this.requireKnown(name);
    this.quorum = name === NONE ? null : this.text(name);
  }

  async key(octets, types, others) {
    if (others.length >= MOST_ENTRIES) throw new Fault(POLICY_MALFORMED, "there are too many lines of this kind");
    const text = decodeText(toOctets(octets), "", POLICY_MALFORMED);
    const key = await parseVkey(text);
    if (!types.includes(key.algorithm))
      throw new Fault(POLICY_MALFORMED, `a key of type ${key.algorithm} cannot stand here`);
    if (others.some((other) => String(other.publicKey) === String(key.publicKey))) {
      throw new Fault(POLICY_MALFORMED, `the public key of ${shown(text)} stands on a line above`);
    }
    const id = `${key.name} ${key.keyId}`;
    if ((this.keys.get(id) ?? key.vkey) !== key.vkey)
      throw new Fault(POLICY_MALFORMED, `another key of ${key.name} has this id`);
    this.keys.set(id, key.vkey);
    return key;
  }

  requireNew(name, count) {
    if (count >= MOST_ENTRIES) throw new Fault(POLICY_MALFORMED, "there are too many lines of this kind");
    if (this.names.has(name)) throw new Fault(POLICY_MALFORMED, `the name ${shown(name)} is taken`);
  }

  requireKnown(name) {
    if (name === NONE || !this.names.has(name))
      throw new Fault(POLICY_MALFORMED, `${shown(name)} is not defined above`);
  }

  /** A name as text: UTF-8 where the whole file is, else one character an octet. */
  text(octets) {
    return this.isText ? decodeText(toOctets(octets)) : octets;
  }

  finished() {
    if (this.quorum === undefined) throw new Fault(POLICY_MALFORMED, "there is no quorum line", "policy");
    return { raw: this.raw, logs: this.logs, witnesses: this.witnesses, groups: this.groups, quorum: this.quorum };
  }
}

function toOctets(text) {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function isUtf8(raw) {
  try {
    decodeText(raw);
    return true;
  } catch {
    return false;
  }
}

/** Whether these witnesses (policy names) make the quorum. */
export function isSatisfied(policy, cosigned) {
  if (policy.quorum === null) return true;
  const reached = new Set([...cosigned].filter((name) => policy.witnesses.has(name)));
  for (const group of policy.groups) {
    if (group.members.filter((member) => reached.has(member)).length >= group.threshold) reached.add(group.name);
  }
  return reached.has(policy.quorum);
}

/** The earliest moment (seconds) at which witnesses dated by `times` (key name -> seconds, BigInt) make the quorum, or null. */
export function earliestQuorum(policy, times) {
  if (policy.quorum === null) return null;
  const reached = new Map();
  for (const [name, key] of policy.witnesses) if (times.has(key.name)) reached.set(name, times.get(key.name));
  for (const group of policy.groups) {
    const dated = group.members
      .filter((m) => reached.has(m))
      .map((m) => reached.get(m))
      .sort((a, b) => (a < b ? -1 : Number(a > b)));
    if (dated.length >= group.threshold) reached.set(group.name, dated[group.threshold - 1]);
  }
  return reached.get(policy.quorum) ?? null;
}

/** Accept a checkpoint, or say why not: {logKeys, cosigned: Map(policy name -> seconds, BigInt), unchecked: keys}.
 * `now` (seconds) drops cosignatures dated later; null drops none. Throws Fault `signature.false`,
 * `signature.log-missing`, `quorum.unmet`; `quorum.unchecked` where only unchecked signatures could make the quorum. */
export async function acceptCheckpoint(policy, checkpoint, now = null) {
  const { signed, unchecked } = await verifiedSignatures(checkpoint, [...policy.logs, ...policy.witnesses.values()]);
  const where = `checkpoint of ${checkpoint.origin}, size ${checkpoint.size}`;
  const logKeys = policy.logs.filter((key) => key.name === checkpoint.origin && keyIn(signed, key) !== undefined);
  if (!logKeys.length) {
    const open = policy.logs.some(
      (key) => key.name === checkpoint.origin && unchecked.some((one) => one.vkey === key.vkey),
    );
    throw new Fault(
      open ? "quorum.unchecked" : "signature.log-missing",
      "no log of the policy signed it with a key that could be checked",
      where,
    );
  }
  const cosigned = new Map();
  const possible = new Set();
  for (const [name, key] of policy.witnesses) {
    const time = keyIn(signed, key);
    if (time !== undefined && (now === null || time <= now)) cosigned.set(name, time);
    if (cosigned.has(name) || unchecked.some((one) => one.vkey === key.vkey)) possible.add(name);
  }
  if (!isSatisfied(policy, cosigned.keys())) {
    const told = `cosigned by ${[...cosigned.keys()].join(", ") || "no witness"}; the quorum ${policy.quorum} asks for more`;
    throw new Fault(isSatisfied(policy, possible) ? "quorum.unchecked" : "quorum.unmet", told, where);
  }
  return { logKeys, cosigned, unchecked };
}

function keyIn(signed, key) {
  for (const [one, time] of signed) if (one.vkey === key.vkey) return time;
  return undefined;
}
