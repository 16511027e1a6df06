/** The verdict "logged": C2SP tlog-proof, "Verifying a tlog proof"; docs/FORMAT.md, "Receipt". */
import { verifyInclusion, leafHash } from "./merkle.js";
import { acceptCheckpoint } from "./policy.js";
import { rebuildRecord } from "./record.js";

/** Check a receipt under a policy: {index, received (seconds), checkpoint, cosigned, unchecked, leaf}. `now`: seconds or
 * null. Throws Fault `record.…`, `signature.…`, `quorum.…`, `proof.inclusion`. */
export async function verifyReceipt(proof, envelope, policy, now) {
  // 1. The leaf hash: the record, rebuilt from the envelope and the receipt's extra.
  const { raw, received } = rebuildRecord(proof.extra, envelope);
  const leaf = await leafHash(raw);
  // 2. and 3. The checkpoint is a listed log's, and enough of the policy's witnesses cosigned it.
  const { cosigned, unchecked } = await acceptCheckpoint(policy, proof.checkpoint, now);
  // 4. The inclusion proof binds the leaf to the checkpoint's root.
  await verifyInclusion(proof.index, proof.checkpoint.size, leaf, proof.hashes, proof.checkpoint.root);
  return { index: proof.index, received, checkpoint: proof.checkpoint, cosigned, unchecked, leaf };
}
