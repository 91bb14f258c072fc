// The call about service accounts. The Worker has checked that the caller is an operator.
import { refusal } from "../../protocol/refusals.ts";
import type { ServiceOrder } from "../../protocol/service.ts";
import { isErasureUnderWay } from "../access/check-beginning.ts";
import { operator } from "./declare-call.ts";
import type { MailboxObject } from "../instance/context.ts";
import { administerService } from "../services/service-admin.ts";

const administer = operator((context, order: ServiceOrder) => administerService(context, order));

export const serviceCalls = {
  service: async (object: MailboxObject, name: string, order: ServiceOrder) => {
    if (order.is === "create" && (await isErasureUnderWay(object.context(name)))) {
      return { refused: refusal("name_taken") };
    }
    return administer(object, name, order);
  },
};
