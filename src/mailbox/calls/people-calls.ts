// The calls about other people: contacts, blocks, and what the user lets others know.
import type { ConversationSettings, Profile, Settings } from "../../protocol/caller.ts";
import { namesWith } from "../access/standing.ts";
import { caller } from "./declare-call.ts";
import type { Standing } from "../log/peers/contact-rows.ts";
import { accept, block, unblock } from "../people/contacts.ts";
import { configure } from "../people/conversation-settings.ts";
import { changeDisplayName, profileOf } from "../people/display-names.ts";
import { settings } from "../people/settings.ts";

export const peopleCalls = {
  /** The names of all peers with this standing. */
  standing: caller((context, _, standing: Standing) => ({ value: namesWith(context, standing) })),

  accept: caller((context, _, name: string) => accept(context, name)),
  block: caller((context, _, name: string) => block(context, name)),
  unblock: caller((context, _, name: string) => unblock(context, name)),

  profile: caller((context) => ({ value: profileOf(context) })),
  changeProfile: caller((context, _, { displayName }: Profile) => changeDisplayName(context, displayName)),

  /** Changes what the user has set for a conversation. */
  configure: caller((context, _, name: string, change: Partial<ConversationSettings>) =>
    configure(context, name, change),
  ),

  /** Changes the given settings, and returns all of them. */
  settings: caller((context, _, change: Partial<Settings>) => ({ value: settings(context, change) })),
};
