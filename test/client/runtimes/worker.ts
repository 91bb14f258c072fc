// The story inside a Worker: `/?url=…&mark=…` answers with the outcome.
import * as sdk from "../../../src/client/connect.ts";
import { play } from "./story.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams;
    return Response.json(await play(sdk, query.get("url") ?? "", query.get("mark") ?? ""));
  },
};
