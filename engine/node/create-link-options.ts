/** Joins what the gateway tells of plans, and what comes by links in messages and by providers' callbacks, with this node. */
import type { Config } from "../config.ts";
import { createCallbackReaders } from "../gateway/callbacks/create-callback-readers.ts";
import type { GatewayOptions } from "../gateway/gateway.ts";
import type { Router } from "../gateway/router-contract.ts";
import { shardOfProfile } from "../model/ids.ts";
import type { HotStore } from "../store/port.ts";
import { createPlanReasons } from "./plan-reasons.ts";

export function createLinkOptions(
  config: Config,
  store: Pick<HotStore, "plans" | "shards">,
  router: Pick<Router, "tell">,
): Required<Pick<GatewayOptions, "reasons" | "callbacks" | "links">> {
  const { reasons, consentForm } = createPlanReasons((plan) => store.plans.get(plan));
  return {
    reasons,
    callbacks: createCallbackReaders(config.providers),
    links: {
      url: config.publicUrl,
      consentForm,
      onOutcome({ profile, message, channel }, outcome, done) {
        const shard = shardOfProfile(profile, store.shards);
        router.tell({ shard, profile }, { kind: "report", message, channel, outcome }, done);
      },
    },
  };
}
