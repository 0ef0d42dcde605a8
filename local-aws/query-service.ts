import { AwsError, type AwsRequest, type AwsService } from "./exchange.js";
import type { ServiceErrors } from "./service-errors.js";
import { type XmlElements, xmlDocument } from "./xml.js";

export interface QueryOperation {
  /** ARN acted on. */
  resource?(parameters: URLSearchParams, request: AwsRequest): string;
  /** How a denial names the resource, where not by its ARN. */
  resourceName?(parameters: URLSearchParams, request: AwsRequest): string | undefined;
  /** Condition keys that a policy may test. */
  conditions?(parameters: URLSearchParams): Record<string, string>;
  /** The result element's content; undefined for calls without one. */
  run(parameters: URLSearchParams, request: AwsRequest): XmlElements | undefined;
}

/** A service of the AWS query protocol: form parameters in, an XML document out. */
export function queryService(
  actionPrefix: string,
  xmlNamespace: string,
  errors: ServiceErrors,
  operations: Readonly<Record<string, QueryOperation>>,
): AwsService {
  return {
    actionPrefix,
    errors,
    operationOf(request) {
      const parameters = request.body.length > 0 ? new URLSearchParams(request.body.toString("utf8")) : request.query;
      const name = parameters.get("Action") ?? "";
      const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (!operation) return undefined;
      return {
        name,
        resource: operation.resource?.(parameters, request) ?? "*",
        resourceName: operation.resourceName?.(parameters, request),
        conditions: operation.conditions?.(parameters),
        run: () => {
          const result = operation.run(parameters, request);
          return {
            status: 200,
            headers: { "content-type": "text/xml", "x-amzn-requestid": request.requestId },
            body: xmlDocument(`${name}Response`, xmlNamespace, {
              ...(result && { [`${name}Result`]: result }),
              ResponseMetadata: { RequestId: request.requestId },
            }),
          };
        },
      };
    },
  };
}

/** A parameter that must be there. @throws AwsError `ValidationError` */
export function requiredParameter(parameters: URLSearchParams, name: string): string {
  const value = parameters.get(name);
  if (!value) throw new AwsError("ValidationError", 400, `1 validation error detected: ${name} is required.`);
  return value;
}
