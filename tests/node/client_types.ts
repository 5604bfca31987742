// What the client's types let pass, and what they refuse. It is compiled, and never run.
import { createTenantd, etagOf, isProblem, type Output, problemOf } from 'tenantd-client';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

const { api, http } = createTenantd({ baseUrl: '' });

holds<Same<Output<'deleteWarehouse'>, undefined>>();
holds<Same<Output<'exportProducts'>, string>>();
holds<Same<Output<'listMembers'>['items'][number]['email'], string>>();

export async function use(): Promise<void> {
  const made = await api.createWarehouse({ body: { name: 'North' } });
  await api.updateWarehouse({ params: { path: { warehouse_id: made.id }, header: { 'If-Match': etagOf(made) ?? '' } }, body: { name: 'South' } });
  await api.listMembers();
  await api.listMembers({ params: { query: { limit: 10 } } });
  const { data } = await http.GET('/api/v1/members');
  holds<Same<typeof data, Output<'listMembers'> | undefined>>();

  // @ts-expect-error a path needs its part
  await api.getWarehouse();
  // @ts-expect-error no such member
  await api.createWarehouse({ body: { nam: 'North' } });
  // @ts-expect-error a number is no text
  await api.createWarehouse({ body: { name: 1 } });
  // @ts-expect-error no such query
  await api.listMembers({ params: { query: { limits: 10 } } });
  // @ts-expect-error no such operation
  await api.listMember();
  try {
    await api.createInvite({ body: { email: 'bob@example.com', role: 'viewer' } });
  } catch (error) {
    if (isProblem(error, 'already_member')) holds<Same<typeof error.code, 'already_member'>>();
    const { code } = problemOf(error, 'createInvite');
    if (code === 'invite_pending') return;
    // @ts-expect-error it refuses with no such code
    if (code === 'last_owner') return;
  }
}
