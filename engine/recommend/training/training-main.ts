/** Entry of a training thread: takes rows until none is left, says so, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import type { TrainingThreadData } from "./training-task.ts";
import { work } from "./training-task.ts";
import { standBack } from "../../stand-back.ts";

standBack();

work(workerData as TrainingThreadData);
parentPort?.postMessage("done");
