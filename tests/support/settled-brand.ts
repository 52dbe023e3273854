/** A brand in which nothing differs, with snapshots of all shards, to be spoilt; and a little more that happens in it. */
import { expect } from "vitest";
import { liveALittle, type NightBrand, startNightBrand, type Stores, untilSnapped } from "./night-brand.ts";
import { sendBatch } from "./server-client.ts";

export const PEOPLE = 24;
/** As every night brand's. */
export const SHARDS = 4;

export async function startSettledBrand(name: string, stores: Stores): Promise<NightBrand> {
  const brand = await startNightBrand(name, stores);
  await liveALittle(brand.engine, PEOPLE);
  expect(untilSnapped(brand)).toMatchObject({ told: [], profiles: PEOPLE });
  return brand;
}

let times = 0;

/** `customer-0` looks at two products more. */
export async function liveALittleMore({ engine }: NightBrand): Promise<void> {
  times += 1;
  await sendBatch(
    engine,
    [0, 1].map((n) => ({
      type: "track",
      event: "Product Viewed",
      messageId: `later-${times}-${n}`,
      userId: "customer-0",
      properties: { category: "shoes", price: 3 },
    })),
  );
  await engine.drain();
}
