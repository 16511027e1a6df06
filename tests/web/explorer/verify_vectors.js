// Runs the test vectors through the modules of the offline verifier. The modules stand above this text in one scope;
// CASES is a list of vectors. Gives a list of verdicts: "ok" (and what the vector says must come out), or the fault's code.
const ACCEPTED = "ok";

function inputOf(case_) {
  return "text" in case_.input ? encodeText(case_.input.text) : base64Bytes(case_.input.base64);
}

function textOf(case_) {
  return decodeText(inputOf(case_));
}

async function readNoteCase(case_) {
  const note = parseNote(inputOf(case_));
  if (case_.key) {
    const key = await parseVkey(case_.key);
    const [signature] = note.signatures;
    if (key.name !== signature.name || key.keyId !== signature.keyId) throw new Error("another key");
    await verifyEd25519(key.publicKey, note.text, signature.value);
  }
  return { signatures: note.signatures.length };
}

async function verifiedCase(case_) {
  const keys = [];
  for (const text of case_.keys) keys.push(await parseVkey(text));
  const { signed, unchecked } = await verifiedSignatures(parseCheckpoint(inputOf(case_)), keys);
  return {
    signed: Object.fromEntries([...signed].map(([key, time]) => [key.vkey, String(time)])),
    unchecked: unchecked.map((key) => key.vkey),
  };
}

async function policyCase(case_) {
  const policy = await parsePolicy(inputOf(case_));
  const yes = (case_.satisfied ?? []).every((names) => isSatisfied(policy, names));
  const no = (case_.unsatisfied ?? []).some((names) => isSatisfied(policy, names));
  return { judged: yes && !no };
}

async function acceptCase(case_) {
  const checkpoint = parseCheckpoint(inputOf(case_));
  const { cosigned, unchecked } = await acceptCheckpoint(
    await parsePolicy(encodeText(case_.policy)),
    checkpoint,
    case_.now,
  );
  return { cosigned: [...cosigned.keys()], unchecked: unchecked.map((key) => key.vkey) };
}

async function signaturesCase(case_) {
  const book = new Map();
  for (const row of case_.keys) {
    const key = await parseSpki(base64Bytes(row));
    book.set(key.keyid, key);
  }
  const envelope = parseEnvelope(inputOf(case_));
  return verifyEnvelope(envelope, signedMessage(envelope.payload), book);
}

async function receiptCase(case_) {
  const policy = await parsePolicy(encodeText(case_.policy));
  const envelope = readEnvelope(case_.envelope);
  const found = await verifyReceipt(parseProof(encodeText(case_.proof)), envelope, policy, case_.now);
  return {
    index: Number(found.index),
    received: found.received,
    leaf: toHex(found.leaf),
    unchecked: found.unchecked.map((k) => k.vkey),
  };
}

async function recordCase(case_) {
  const found = parseRecord(inputOf(case_));
  const again = rebuildRecord(extraOf(found), found.envelope);
  if (!sameBytes(again.raw, found.raw)) throw new Error("the extra leads elsewhere");
  return { digest: await sha256Hex(found.raw), leaf: toHex(await leafHash(found.raw)) };
}

const CALLS = {
  "note.parse": readNoteCase,
  "note.parse_signatures": (c) => ({ signatures: parseSignatures(inputOf(c)).length }),
  "note.parse_vkey": async (c) => void (await parseVkey(textOf(c))),
  "checkpoint.parse": (c) => {
    const { size, extensions } = parseCheckpoint(inputOf(c));
    return { size: String(size), extensions: extensions.length };
  },
  "cosignature.verified": verifiedCase,
  "policy.parse": policyCase,
  "policy.accept": acceptCase,
  "proof.parse": (c) => {
    const { index, hashes } = parseProof(inputOf(c));
    return { index: String(index), hashes: hashes.length };
  },
  canonical: (c) => void parseCanonical(inputOf(c)),
  time: (c) => parseUtc(textOf(c)),
  disclosure: async (c) => (await readDisclosure(disclosureText(inputOf(c)))).digest,
  envelope: async (c) => sha256Hex(parseEnvelope(inputOf(c)).payload),
  signatures: signaturesCase,
  spki: async (c) => (await parseSpki(inputOf(c))).keyid,
  signer: (c) => signerId(c.keyids),
  statement: async (c) => (await parseStatement(inputOf(c))).id,
  record: recordCase,
  receipt: receiptCase,
  inclusion: (c) =>
    void 0 ?? verifyInclusion(BigInt(c.index), BigInt(c.size), anyHex(c.leaf), c.proof.map(anyHex), anyHex(c.root)),
  ed25519: (c) => verifyEd25519(anyHex(c.key), encodeText(c.msg), anyHex(c.sig)),
};

function anyHex(text) {
  return hexBytes(text, { length: text.length / 2 });
}

async function verdictOf(case_) {
  try {
    const gives = await CALLS[case_.call](case_);
    return { verdict: ACCEPTED, gives: gives ?? null };
  } catch (fault) {
    if (fault instanceof Fault) return { verdict: fault.code, where: fault.where };
    return { verdict: `error: ${fault.stack}` };
  }
}

async function verdicts(cases) {
  const found = [];
  for (const case_ of cases) found.push(await verdictOf(case_));
  return { verdicts: found, abilities: await abilities() };
}
